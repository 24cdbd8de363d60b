"""Where the house is put together: settings, urls, wiring, commands, the demo district."""
