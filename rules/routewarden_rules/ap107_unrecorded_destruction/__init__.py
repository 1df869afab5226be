"""AP107: a destructive operation that leaves no audit record."""
