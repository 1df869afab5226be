"""AP004: an endpoint that writes and that anyone can call."""
