"""AP303: an operation of a document that nothing serves."""
