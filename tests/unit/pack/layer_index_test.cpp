// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "pack/layer_indexer.hpp"
#include "pack/layer_writer.hpp"
#include "store/layer_reader.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "index-test-").value();
    Store store = Store::open(folder.path() / "store").value();
};

fs::path test_program() { return fs::read_symlink("/proc/self/exe"); }

// The same layer, as somebody reads it who did not pack it.
std::string read_again(const Store& store, const BuiltLayer& layer, const fs::path& spool) {
    auto reader = LayerReader::open(store, layer).value();
    LayerIndexer indexer(spool);
    std::vector<std::byte> buffer(100'000);
    const auto feed = [&](const io::ArchiveEntry& entry, io::ArchiveReader& content) -> Result<void> {
        REQUIRE(indexer.entry(entry));
        if (entry.type != io::ArchiveEntry::Type::file) return {};
        while (const std::size_t got = content.read(buffer).value())
            REQUIRE(indexer.data(std::span<const std::byte>(buffer).first(got)));
        return {};
    };
    REQUIRE(reader.each_entry(feed));
    return indexer.finish(layer.diff_id).value();
}

}  // namespace

TEST_CASE("packing a layer leaves its index, and reading the layer gives the same one") {
    for (const Compression compression : {Compression::zstd, Compression::gzip, Compression::none}) {
        Place place;
        LayerWriter writer(place.store, {compression, "test"});
        REQUIRE(writer.add_whiteout("gone"));
        REQUIRE(writer.add({.path = "bin", .type = EntryType::directory, .mode = 0755}));
        REQUIRE(writer.add_file({.path = "bin/program", .mode = 0755}, test_program()));
        REQUIRE(writer.add({.path = "bin/same", .type = EntryType::hardlink, .link = "bin/program"}));
        REQUIRE(writer.add({.path = "bin/to", .type = EntryType::symlink, .link = "program"}));
        REQUIRE(writer.add({.path = "lib", .type = EntryType::directory, .mode = 0755}));
        REQUIRE(writer.add_opaque("lib"));
        REQUIRE(writer.add_text({.path = "lib/x.dist-info/METADATA"}, "Name: x\n"));
        REQUIRE(writer.add_text({.path = "lib/y.txt"},
                                "\x7f"
                                "EL and no more"));
        const BuiltLayer layer = writer.finish().value();

        const auto stored = find_layer_index(place.store, layer.digest);
        REQUIRE(stored);
        REQUIRE(find_layer_index(place.store, layer.diff_id));  // for an archive of the plain tar
        const kernel::LayerIndex& index = stored->index();
        CHECK(index.diff_id() == layer.diff_id);
        CHECK(index.deletes());
        CHECK(index.find("gone")->type == kernel::IndexedFile::Type::whiteout);
        CHECK(index.is_opaque("lib"));
        CHECK(index.find("bin/program")->mode == 0755);
        CHECK(index.find("bin/program")->size == fs::file_size(test_program()));
        CHECK(index.find("bin/to")->link == "program");
        CHECK(index.text("lib/x.dist-info/METADATA") == "Name: x\n");
        CHECK(index.text_paths().size() == 1);
        const auto elf = index.elf_at("bin/same");
        REQUIRE(elf);
        const auto& needed = index.elfs()[*elf].needed;
        CHECK(std::find(needed.begin(), needed.end(), "libc.so.6") != needed.end());
        CHECK(index.elfs().size() == 1);

        const std::string text = sys::read_file(place.store.side_file("layer-index-3", layer.digest)).value();
        CHECK(read_again(place.store, layer, place.folder.path()) == text);
    }
}

TEST_CASE("a script's first line is kept, whatever the pieces that it comes in, and no more of it") {
    Place place;
    const auto index_of = [&](const std::string& content, std::size_t piece, std::uint32_t mode) {
        LayerIndexer indexer(place.folder.path());
        REQUIRE(indexer.entry({.path = "script", .mode = mode, .size = content.size()}));
        for (std::size_t at = 0; at < content.size(); at += piece)
            REQUIRE(indexer.data(std::as_bytes(std::span(content)).subspan(at, std::min(piece, content.size() - at))));
        const std::string text = indexer.finish({}).value();
        return kernel::LayerIndex::open(std::as_bytes(std::span(text))).value().text("script").value_or("none");
    };
    for (const std::size_t piece : {1, 2, 3, 5, 100, 100'000}) {
        CHECK(index_of("#!/bin/sh -e\necho\n", piece, 0755) == "#!/bin/sh -e");
        CHECK(index_of("#!/bin/sh\r\necho\n", piece, 0755) == "#!/bin/sh\r");
        CHECK(index_of("#!/bin/sh", piece, 0755) == "#!/bin/sh");
        CHECK(index_of("#!\n\n\n", piece, 0755) == "#!");
        CHECK(index_of("#!/" + std::string(60'000, 'x'), piece, 0755) == "#!/" + std::string(253, 'x'));
        CHECK(index_of("#!/bin/sh\n", piece, 0644) == "none");
        CHECK(index_of("echo #!/bin/sh\n", piece, 0755) == "none");
    }
}

TEST_CASE("an ELF file is read whole whatever the pieces that it comes in, and a broken one is named") {
    Place place;
    std::ifstream in(test_program(), std::ios::binary);
    const std::string program{std::istreambuf_iterator<char>(in), {}};
    auto index_of = [&](const std::string& content, std::size_t piece) {
        LayerIndexer indexer(place.folder.path());
        REQUIRE(indexer.entry({.path = "program", .mode = 0755, .size = content.size()}));
        for (std::size_t at = 0; at < content.size(); at += piece)
            REQUIRE(indexer.data(std::as_bytes(std::span(content)).subspan(at, std::min(piece, content.size() - at))));
        return indexer.finish({}).value();
    };
    const std::string whole = index_of(program, program.size());
    CHECK(index_of(program, 3) == whole);
    CHECK(index_of(program, 1 << 20) == whole);
    const std::string cut = index_of(program.substr(0, program.size() / 2), 1 << 20);
    const kernel::LayerIndex index = kernel::LayerIndex::open(std::as_bytes(std::span(cut))).value();
    REQUIRE(index.elfs().size() == 1);
    CHECK(index.elfs()[0].problem.find("cut off") != std::string::npos);
    CHECK(fs::directory_iterator(place.folder.path())->path().filename() == "store");  // nothing else is left
}

TEST_CASE("an index of another release is as good as none") {
    Place place;
    LayerWriter writer(place.store, {Compression::zstd, "test"});
    REQUIRE(writer.add_text({.path = "a"}, "a"));
    const BuiltLayer layer = writer.finish().value();
    REQUIRE(place.store.put_side_file("layer-index-3", layer.digest, "something else"));
    CHECK_FALSE(find_layer_index(place.store, layer.digest));
}
