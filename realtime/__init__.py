"""Live rooms: signalling, presence and media. Knows bookings, not lessons or patients."""
