"""AP105: permissive CORS; HTTPS not enforced; cookies and certificate checks weakened."""
