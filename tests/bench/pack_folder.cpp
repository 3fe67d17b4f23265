// SPDX-License-Identifier: Apache-2.0
// Packs one folder into one layer of a store, as every step that knows its files does, and does nothing else: what
// tests/bench/builder.sh compares with tar and zstd.   bench-pack-folder FOLDER STORE
#include <cstdio>

#include "pack/entry_set.hpp"

int main(int argc, char** argv) {
    using namespace tmplbuild;
    if (argc != 3) return 2;
    try {
        const Store store = Store::open(argv[2]).value();
        EntrySet set;
        set.add_tree(argv[1], "data", {}).value();
        const BuiltLayer layer = set.write(store, {Compression::zstd, "bench"}).value();
        std::printf("%s %llu\n", layer.digest.to_string().c_str(), static_cast<unsigned long long>(layer.size));
    } catch (const BuildError& failed) {
        std::fprintf(stderr, "%s\n", failed.errors().front().to_string().c_str());
        return 1;
    }
    return 0;
}
