// SPDX-License-Identifier: Apache-2.0
#include "verify/replaced_links.hpp"

#include <memory>

#include "kernel/make_elf.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using File = kernel::IndexedFile;
using kernel::make::as_bytes;

namespace {

const File folder{File::Type::directory, 0755, 0, ""}, file{File::Type::file, 0644, 1, ""},
    gone{File::Type::whiteout, 0, 0, ""};
File link_to(const std::string& target) { return {File::Type::symlink, 0777, 0, target}; }

struct Change {
    std::string path;
    File file;
    bool opaque = false;
};

std::vector<std::string> replaced(const std::vector<std::vector<Change>>& layers, std::size_t first = 1) {
    std::vector<std::string> texts;
    for (const auto& changes : layers) {
        kernel::LayerIndexBuilder builder;
        for (const Change& change : changes) {
            builder.add_file(change.path, change.file);
            if (change.opaque) builder.add_opaque(change.path);
        }
        texts.push_back(builder.finish({}));
    }
    std::vector<kernel::LayerIndex> indexes;
    for (const std::string& text : texts) indexes.push_back(kernel::LayerIndex::open(as_bytes(text)).value());
    std::vector<const kernel::LayerIndex*> pointers;
    for (const auto& index : indexes) pointers.push_back(&index);
    std::vector<std::string> out;
    for (const ReplacedLink& one : find_replaced_links(pointers, first))
        out.push_back(std::to_string(one.layer) + " " + one.folder + " > " + one.leads_to);
    return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a folder that an own layer lists in the place of a link is found") {
    const std::vector<Change> base{{"data", folder},
                                   {"data/deep", folder},
                                   {"opt", folder},
                                   {"opt/models", link_to("/data")},
                                   {"opt/deep", link_to("models/deep")}};
    const std::vector<Change> files{{"opt", folder}, {"opt/models", folder}, {"opt/models/x", file}};
    CHECK(replaced({base, files}) == Lines{"1 opt/models > data"});
    CHECK(replaced({base, {{"opt", folder}, {"opt/deep", folder}}}) == Lines{"1 opt/deep > data/deep"});
    CHECK(replaced({base, {{"other", file}}, files}) == Lines{"2 opt/models > data"});
    // The base's own layers are its author's.
    CHECK(replaced({base, files}, 2).empty());
    // A link that is gone already, or that was made a folder by a command, which says so.
    CHECK(replaced({base, {{"opt/models", gone}}, files}).empty());
    CHECK(replaced({base, {{"opt", folder}, {"opt/models", folder, true}}}).empty());
    CHECK(replaced({base, {{"opt", folder}, {"opt/models", folder, true}}, files}).empty());
    // A link in the place of a folder, and folders where no link is.
    CHECK(replaced({base, {{"data", link_to("opt")}}}).empty());
    CHECK(replaced({base, {{"opt", folder}, {"opt/more", folder}}}).empty());
}
