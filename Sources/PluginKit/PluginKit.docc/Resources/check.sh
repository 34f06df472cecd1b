swift build
swift test
romashka plugin check .
