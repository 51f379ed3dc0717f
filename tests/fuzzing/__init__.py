"""Values that nobody means, for every form and every frame."""
