// SPDX-License-Identifier: Apache-2.0
#include "verify/image_content.hpp"

#include <unistd.h>

#include <filesystem>

#include "io/archive.hpp"
#include "io/spool.hpp"
#include "kernel/module_facts_json.hpp"
#include "podspec/pod_spec.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

const std::string pod_path = std::string(pod::pod_spec_path).substr(1);
const std::string kernels_folder = "opt/tmplbuild/kernels";
constexpr std::uint64_t pod_limit = 64 << 20;  // bytes

bool is_proven_from_bytes(const kernel::LayerIndex& index) {
    return index.has_below(kernels_folder) || index.find(pod_path).has_value();
}

bool has_modules(const kernel::LayerIndex& index) {
    return index.has_below(kernels_folder) && !index.find(pod_path).has_value();
}

Result<void> keep_module_facts(const Store& store, const Digest& layer, const std::vector<std::string>& paths,
                               const ImageContent& content) {
    json::array modules;
    for (const std::string& path : paths) modules.push_back(kernel::to_json(content.modules.at(path)));
    return store.put_side_file(module_facts_kind(), layer,
                               json::canonical(json::object{{"modules", std::move(modules)}}));
}

// Adds the kept facts of a layer's modules; false: there are none that can be read.
bool add_kept_facts(const Store& store, const Digest& layer, ImageContent& content) {
    auto text = sys::read_file(store.side_file(module_facts_kind(), layer));
    if (!text) text = sys::read_file(store.side_file(Store::given_kind(module_facts_kind()), layer));
    const auto document = text ? json::parse(*text, "module facts") : Result<json::value>(text.error());
    if (!document || !document->is_object()) return false;
    const auto modules = json::get_array(document->get_object(), "modules");
    if (!modules) return false;
    std::vector<kernel::ModuleFacts> read;
    for (const json::value& one : **modules) {
        auto facts = one.is_object() ? kernel::module_facts_from_json(one.get_object())
                                     : Result<kernel::ModuleFacts>(build_error("no object"));
        if (!facts) return false;
        read.push_back(std::move(*facts));
    }
    for (kernel::ModuleFacts& facts : read) {
        std::string path = facts.path;
        content.modules.insert_or_assign(std::move(path), std::move(facts));
    }
    return true;
}

class LayerRead {
  public:
    LayerRead(LayerReader stream, const BuiltLayer& layer, fs::path spool_folder, ImageContent& content)
        : stream_(std::move(stream)),
          layer_(layer),
          indexer_(spool_folder),
          module_(std::move(spool_folder)),
          content_(content) {}

    // Makes the index of the layer, if its digests are those that the image says.
    Result<std::string> run(const std::stop_token& stop) {
        auto read = stream_.each_entry([&](const io::ArchiveEntry& entry, io::ArchiveReader& content) -> Result<void> {
            if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
            if (auto seen = indexer_.entry(entry); !seen) return seen;
            return entry.type == io::ArchiveEntry::Type::file ? file(content, entry) : Result<void>();
        });
        if (!read) return read.error();
        return indexer_.finish(layer_.diff_id);
    }
    const std::vector<std::string>& modules() const { return modules_; }  // their paths

  private:
    Result<void> file(io::ArchiveReader& tar, const io::TarHeader& entry) {
        const bool pod = entry.path == pod_path;
        const bool module = entry.path.starts_with(kernels_folder + "/") && kernel::is_shared_object(entry.path);
        if (pod && entry.size > pod_limit) return build_error("the image's pod.json is larger than it can be");
        module_.clear();
        for (;;) {
            auto got = tar.read(buffer_);
            if (!got) return got.error();
            if (*got == 0) break;
            const auto bytes = std::span<const std::byte>(buffer_).first(*got);
            if (auto seen = indexer_.data(bytes); !seen) return seen;
            if (pod || module)
                if (auto kept = module_.add(bytes); !kept) return kept;
        }
        return module_.whole([&](std::span<const std::byte> bytes) {
            if (pod) content_.pod_json.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            if (!module) return;
            content_.modules.insert_or_assign(entry.path, kernel::examine_module({entry.path, bytes}));
            modules_.push_back(entry.path);
        });
    }

    LayerReader stream_;
    const BuiltLayer& layer_;
    LayerIndexer indexer_;
    io::Spool module_;
    ImageContent& content_;
    std::vector<std::string> modules_{};
    std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 10);
};

// Reads one layer whole, and keeps what was learnt where `keep` is a store.
Result<std::string> read_layer(LayerReader stream, const BuiltLayer& layer, const fs::path& spool, const Store* keep,
                               ImageContent& content, const std::stop_token& stop) {
    LayerRead read(std::move(stream), layer, spool, content);
    auto index = read.run(stop);
    if (!index || keep == nullptr || has_side_files(*keep, layer)) return index;
    // A failure does not change the answer: only the next run takes longer.
    (void)keep_layer_index(*keep, layer, *index);
    if (!read.modules().empty()) (void)keep_module_facts(*keep, layer.digest, read.modules(), content);
    return index;
}

Result<ImageContent> read_content(const oci::ImageSource& image, const Store* store, bool may_take_kept,
                                  const std::stop_token& stop) {
    ImageContent content;
    // The store may belong to another user, so that this one can only read it.
    const bool writable = store != nullptr && ::access((store->root() / "tmp").c_str(), W_OK) == 0;
    const fs::path spool = writable ? store->root() / "tmp" : fs::temp_directory_path();
    for (std::size_t i = 0; i < image.layers().size(); ++i) {
        const BuiltLayer& layer = image.layers()[i];
        if (auto there = image.check_blob(i); !there) return there.error();
        auto known = store == nullptr ? std::nullopt
                     : may_take_kept  ? find_any_layer_index(*store, layer.digest)
                                      : find_layer_index(*store, layer.digest);
        // The configuration may claim a diff ID for the blob that its content does not have.
        if (known && known->index().diff_id() != layer.diff_id) known.reset();
        const bool is_kept = known && may_take_kept && !store->has_blob(layer.digest) && has_modules(known->index()) &&
                             add_kept_facts(*store, layer.digest, content);
        if (!known || (is_proven_from_bytes(known->index()) && !is_kept)) {
            auto stream = image.open_layer(i);
            if (!stream) return stream.error();
            auto index = read_layer(std::move(*stream), layer, spool, writable ? store : nullptr, content, stop);
            if (!index) return index.error();
            ++content.layers_read;
            if (!known) {
                auto opened = StoredIndex::open(std::move(*index));
                if (!opened) return opened.error();
                known.emplace(std::move(*opened));
            }
        }
        content.kept.push_back(std::make_unique<StoredIndex>(std::move(*known)));
        content.indexes.push_back(&content.kept.back()->index());
    }
    return content;
}

}  // namespace

Result<ImageContent> read_image_content(const oci::ImageSource& image, const Store* store,
                                        const std::stop_token& stop) {
    return read_content(image, store, false, stop);
}

Result<ImageContent> read_built_content(const oci::ImageSource& image, const Store& store,
                                        const std::stop_token& stop) {
    return read_content(image, &store, true, stop);
}

std::string module_facts_kind() { return "module-facts-" + std::to_string(kernel::module_facts_version); }

bool has_side_files(const Store& store, const BuiltLayer& layer) {
    const auto index = find_layer_index(store, layer.digest);
    std::error_code unknown;
    return index &&
           (!has_modules(index->index()) || fs::exists(store.side_file(module_facts_kind(), layer.digest), unknown));
}

Result<void> keep_side_files(const Store& store, const BuiltLayer& layer, const std::stop_token& stop) {
    if (has_side_files(store, layer)) return {};
    auto stream = LayerReader::open(store, layer);
    if (!stream) return stream.error();
    ImageContent content;
    auto index = read_layer(std::move(*stream), layer, store.root() / "tmp", &store, content, stop);
    if (!index) return index.error();
    return {};
}

}  // namespace tmplbuild
