"""AP302: a route for tests or debugging that is served in Production."""
