"""AP008: a minimal API endpoint without a word on who may call it."""
