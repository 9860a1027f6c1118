"""What all charts share: style, forest plots, panels side by side, files."""
