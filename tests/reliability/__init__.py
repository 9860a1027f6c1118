"""What pietools survives: kills, damage, full disks, missing permissions, other processes: ``python -m tests.reliability -h``."""
