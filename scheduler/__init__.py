"""The shared core: who, where and when. Knows bookings, never lessons or patients."""
