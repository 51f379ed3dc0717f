"""What rooms answer over HTTP."""
