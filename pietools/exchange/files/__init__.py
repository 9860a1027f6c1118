"""What a file holds, whoever wrote it: columns by name or arrays by key, before anybody asks what they mean."""
