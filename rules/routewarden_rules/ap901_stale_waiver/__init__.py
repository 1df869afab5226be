"""AP901: a waiver that waives nothing."""
