"""What runs in an event loop or outside of DRF's views: async class, middleware, WebSockets."""
