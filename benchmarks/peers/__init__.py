"""Other programs, each in an environment and a process of its own, so that their needs do not become ours."""
