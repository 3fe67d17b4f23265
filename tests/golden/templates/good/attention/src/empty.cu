// An empty kernel: nothing here is compiled.
