"""AP304: document and code disagree on who may call."""
