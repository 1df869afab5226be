"""AP001: an endpoint that anyone can call although nobody said so."""
