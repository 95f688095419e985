"""What listing a large project costs: time, requests, memory, kind by kind, against a simulated API."""
