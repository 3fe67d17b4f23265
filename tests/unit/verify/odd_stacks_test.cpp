// SPDX-License-Identifier: Apache-2.0
// Layers that disagree about what a path is: what umoci makes of them on the disk, what an overlay mount of our
// unpacked trees is, and what the proofs' view of the indexes says, must be one root. umoci applies layers as
// containerd does: what a layer puts below a link is where the link leads in the root so far.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "io/process.hpp"
#include "io/tar_writer.hpp"
#include "oci/image_source.hpp"
#include "oci/layout.hpp"
#include "pack/stacked_trees.hpp"
#include "pack/unpack_layer.hpp"
#include "support/catch.hpp"
#include "sys/beneath.hpp"
#include "verify/image_content.hpp"
#include "verify/root_view.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

using Type = io::TarHeader::Type;

// "d PATH" a folder, "f PATH" a file of its own, "l PATH TARGET" a symlink, "h PATH TARGET" a hard link, "w PATH" an
// empty file of that very name.
using Layer = std::vector<std::string>;
struct Row {
    const char* name;
    std::vector<Layer> layers;
    std::vector<std::string> expected;  // "PATH type", or "PATH > where it leads, type" where links are on the way
};

const Row rows[] = {
    {"a link below, a file in it above",
     {{"d usr", "d usr/lib", "f usr/lib/old", "l lib usr/lib"}, {"f lib/new"}},
     {"lib > usr/lib d", "usr d", "usr/lib d", "usr/lib/new f", "usr/lib/old f"}},
    {"a link below, a listed folder above",
     {{"d usr", "d usr/lib", "f usr/lib/old", "l lib usr/lib"}, {"d lib", "f lib/new"}},
     {"lib d", "lib/new f", "usr d", "usr/lib d", "usr/lib/old f"}},
    {"a folder below, a link above", {{"d a", "f a/old", "d b", "f b/x"}, {"l a b"}}, {"a > b d", "b d", "b/x f"}},
    {"a folder below, a link in its place, and a file in that",
     {{"d a", "f a/old", "d b", "f b/x"}, {"l a b"}, {"f a/new"}},
     {"a > b d", "b d", "b/new f", "b/x f"}},
    {"a link, deleted, and a folder in its place that nothing lists",
     {{"d b", "f b/x", "l a b"}, {"w .wh.a"}, {"f a/new"}},
     {"a d", "a/new f", "b d", "b/x f"}},
    {"a link, deleted in the layer that puts a file there",
     {{"d b", "f b/x", "l a b"}, {"w .wh.a", "f a/new"}},
     {"a d", "a/new f", "b d", "b/x f"}},
    {"a file is deleted through a link",
     {{"d b", "f b/x", "f b/y", "l a b"}, {"w a/.wh.x"}},
     {"a > b d", "b d", "b/y f"}},
    {"a folder is emptied through a link",
     {{"d b", "f b/x", "l a b"}, {"w a/.wh..wh..opq", "f a/new"}},
     {"a > b d", "b d", "b/new f"}},
    {"an emptied folder",
     {{"d a", "f a/x", "d a/b", "f a/b/y"}, {"d a", "w a/.wh..wh..opq", "f a/new"}},
     {"a d", "a/new f"}},
    {"an emptied folder with a link's place in it",
     {{"d a", "d real", "l a/l ../real"}, {"d a", "w a/.wh..wh..opq", "f a/l/x"}},
     {"a d", "a/l d", "a/l/x f", "real d"}},
    {"a hard link to a file of a lower layer",
     {{"d a", "f a/x"}, {"d b", "h b/y a/x"}},
     {"a d", "a/x f", "b d", "b/y f"}},
    {"a hard link through a link of a lower layer",
     {{"d b", "f b/x", "l a b"}, {"h a/y a/x"}},
     {"a > b d", "b d", "b/x f", "b/y f"}},
    {"a file below, a listed folder above", {{"f a"}, {"d a", "f a/x"}}, {"a d", "a/x f"}},
    {"a folder below, a file above", {{"d a", "f a/x"}, {"f a"}}, {"a f"}},
    {"a folder, a file, a folder", {{"d a", "f a/x"}, {"f a"}, {"d a", "f a/y"}}, {"a d", "a/y f"}},
    {"a folder, a link, a folder", {{"d a", "f a/x", "d b"}, {"l a b"}, {"d a", "f a/y"}}, {"a d", "a/y f", "b d"}},
    {"a link that leads through a link, with a link below it",
     {{"d c", "d e", "l c/deep ../e", "l b c", "l a b"}, {"f a/deep/x", "f a/y"}},
     {"a > c d", "b > c d", "c d", "c/deep > e d", "c/y f", "e d", "e/x f"}},
    {"an absolute link, and one that leads out of the root",
     {{"d b", "l a /b", "l out ../../b"}, {"f a/x", "f out/y"}},
     {"a > b d", "b d", "b/x f", "b/y f", "out > b d"}},
    {"a link to nothing, and a file below it",
     {{"l a none/deeper"}, {"f a/x"}},
     {"a > none/deeper d", "none d", "none/deeper d", "none/deeper/x f"}},
    {"a link of the layer itself", {{"d b"}, {"l a b", "f a/x"}}, {"a > b d", "b d", "b/x f"}},
    {"a link to the root", {{"l a /"}, {"f a/x", "f a/b/y"}}, {"b d", "b/y f", "x f"}},
    {"folders that nothing lists", {{"f a/b/x"}, {"f a/c/y"}}, {"a d", "a/b d", "a/b/x f", "a/c d", "a/c/y f"}},
    {"the same link in two layers",
     {{"d usr", "d usr/lib", "l lib usr/lib"}, {"l lib usr/lib", "f lib/x"}, {"f lib/y"}},
     {"lib > usr/lib d", "usr d", "usr/lib d", "usr/lib/x f", "usr/lib/y f"}},
};

struct Place {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "stacks-test-").value();
    Store store = Store::open(folder.path() / "store").value();

    BuiltLayer layer(const Layer& lines) const {
        std::string tar;
        io::TarWriter writer([&](std::span<const std::byte> data) -> Result<void> {
            tar.append(reinterpret_cast<const char*>(data.data()), data.size());
            return {};
        });
        for (const std::string& line : lines) {
            const std::size_t space = line.find(' ', 2);
            io::TarHeader header{.path = line.substr(2, space - 2), .mode = 0644};
            header.mtime = 1'600'000'000;
            if (line[0] == 'd') header.type = Type::directory, header.mode = 0755;
            if (line[0] == 'l') header.type = Type::symlink;
            if (line[0] == 'h') header.type = Type::hardlink;
            if (space != std::string::npos) header.link = line.substr(space + 1);
            const std::string content = line[0] == 'f' ? line : "";
            header.size = content.size();
            REQUIRE(writer.header(header));
            REQUIRE(writer.data(sys::as_bytes(content)));
        }
        REQUIRE(writer.finish());
        const Digest digest = Sha256::of(tar);
        REQUIRE(store.put_blob(digest, tar));
        return {digest, digest, tar.size(), tar.size(), Compression::none, ""};
    }
};

// One line for each name in the root, in the order of their bytes.
class DiskListing {
  public:
    explicit DiskListing(const fs::path& root) : root_(sys::Beneath::open(root, sys::Outside::is_root).value()) {}
    std::vector<std::string> run() {
        list("");
        return std::move(lines_);
    }

  private:
    void list(const std::string& folder) {
        for (const std::string& name : root_.list(folder.empty() ? "." : folder).value()) {
            const std::string path = folder.empty() ? name : folder + "/" + name;
            const auto real = root_.real_path(path).value();
            if (real && real->empty()) continue;  // the root itself
            const std::string type = !real ? "nothing" : root_.is_folder(path) ? "d" : "f";
            lines_.push_back(path + (real && *real != path ? " > " + *real : "") + " " + type);
            if (real == path && type == "d") list(path);
        }
    }
    sys::Beneath root_;
    std::vector<std::string> lines_;
};

void list_view(const RootView& view, const std::string& folder, std::vector<std::string>& lines) {
    for (const std::string& name : view.names_in(folder)) {
        const std::string path = folder.empty() ? name : folder + "/" + name;
        const auto node = view.find(path);
        if (node && node->path.empty()) continue;
        const std::string type = !node ? "nothing" : node->is_directory() ? "d" : "f";
        lines.push_back(path + (node && node->path != path ? " > " + node->path : "") + " " + type);
        if (node && node->path == path && type == "d") list_view(view, path, lines);
    }
}

std::vector<std::string> by_view(const Place& place, const oci::Image& image) {
    const auto source = oci::ImageSource::of_store(place.store, image.manifest_digest).value();
    const ImageContent content = read_image_content(source, nullptr, {}).value();
    std::vector<std::string> lines;
    list_view(RootView(content.indexes), "", lines);
    return lines;
}

std::vector<std::string> by_overlay(const Place& place, const std::vector<BuiltLayer>& layers) {
    const fs::path at = place.folder.path() / "overlay";
    std::vector<fs::path> trees;
    std::string lowers = (at / "none").string();  // an overlay of lower directories alone has two at least
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const fs::path tree = at / std::to_string(i);
        fs::create_directories(tree);
        REQUIRE(unpack_layer(place.store, layers[i], tree, trees));
        trees.push_back(tree);
        lowers.insert(0, tree.string() + ":");
    }
    for (const char* name : {"none", "root"}) fs::create_directories(at / name);
    REQUIRE(::mount("overlay", (at / "root").c_str(), "overlay", 0, ("lowerdir=" + lowers).c_str()) == 0);
    std::vector<std::string> lines = DiskListing(at / "root").run();
    // The reading without a mount sees the same.
    const StackedTrees stack = StackedTrees::open(trees).value();
    for (const std::string& line : lines) {
        const std::string path = line.substr(0, line.find(' '));
        struct stat facts {};
        REQUIRE(::lstat((at / "root" / path).c_str(), &facts) == 0);
        const auto node = stack.look(path);
        CHECK((node && (node->facts.st_mode & S_IFMT) == (facts.st_mode & S_IFMT)));
        const auto real = sys::Beneath::open(at / "root", sys::Outside::is_root).value().real_path(path).value();
        CHECK(stack.leads_to(path).value() == real.value_or(""));
    }
    REQUIRE(::umount2((at / "root").c_str(), MNT_DETACH) == 0);
    return lines;
}

std::vector<std::string> by_umoci(const Place& place, const oci::Image& image) {
    const fs::path layout = place.folder.path() / "layout", bundle = place.folder.path() / "bundle";
    REQUIRE(oci::write_layout(place.store, image, layout, "latest"));
    io::SystemProcessRunner runner;
    const auto ran = runner.run({.argv = {"umoci", "unpack", "--image", layout.string() + ":latest", bundle}}, {});
    REQUIRE(ran);
    INFO(ran->tail_text());
    REQUIRE(ran->exit_code == 0);
    return DiskListing(bundle / "rootfs").run();
}

}  // namespace

TEST_CASE("layers that disagree make one root, however it is read") {
    if (::geteuid() != 0) {
        WARN("skipped: only root may mount");
        return;
    }
    const bool has_umoci = io::find_program("umoci").has_value();
    if (!has_umoci) WARN("umoci is not here: its reading is not checked");
    for (const Row& row : rows) {
        DYNAMIC_SECTION(row.name) {
            const Place place;
            oci::ImageSpec spec;
            for (const Layer& layer : row.layers) spec.layers.push_back(place.layer(layer));
            const oci::Image image = oci::assemble_image(place.store, spec).value();
            CHECK(by_overlay(place, spec.layers) == row.expected);
            CHECK(by_view(place, image) == row.expected);
            if (has_umoci) CHECK(by_umoci(place, image) == row.expected);
        }
    }
}
