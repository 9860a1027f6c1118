"""What a result is: tables declared once, how they read, rounded in one place."""
