"""RouteWarden: who may reach each endpoint of an ASP.NET Core code base, and why."""

__version__ = "0.1.0"
