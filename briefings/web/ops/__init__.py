"""What operators and their monitoring ask: alive, ready, counts; never anything about a reader."""
