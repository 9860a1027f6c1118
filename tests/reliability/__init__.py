"""What pietools survives: kills, damaged files, full disks, missing permissions, other processes. ``python -m tests.reliability -h``."""
