"""AP301: an endpoint that no OpenAPI document has."""
