from tests.reliability.rows import Kind

KIND = Kind("writers", {})
