// SPDX-License-Identifier: Apache-2.0
// Places that are folders: an OCI layout, and the store.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "oci/layout_file.hpp"
#include "oci/place.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild::oci {

namespace fs = std::filesystem;

namespace {

Result<Blob> blob_of(sys::Fd opened, const std::string& name) {
    struct stat facts {};
    if (::fstat(opened.get(), &facts) != 0) return os_error("look at", name, errno);
    ::posix_fadvise(opened.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    auto file = std::make_shared<sys::Fd>(std::move(opened));
    return Blob{name, static_cast<std::uint64_t>(facts.st_size),
                [file, name](std::span<std::byte> into) { return sys::read_full(file->get(), into, name); }, file};
}

class LayoutPlace : public Place {
  public:
    LayoutPlace(sys::Beneath folder) : folder_(std::move(folder)) {}

    std::string name() const override { return folder_.folder() / "index.json"; }
    Result<std::vector<Descriptor>> images(const std::string&) const override {
        auto text = folder_.read_file("index.json", document_limit);
        if (!text) return text.error();
        return parse_index(*text, index_type, name());
    }
    Result<std::uint64_t> size(const Descriptor& wanted) const override {
        auto blob = open(wanted);
        if (!blob) return blob.error();
        return blob->size;
    }
    Result<Blob> open(const Descriptor& wanted) const override {
        const std::string path = blob_path(wanted.digest);
        auto file = folder_.open_file(path);
        if (!file) return file.error();
        return blob_of(std::move(*file), folder_.folder() / path);
    }

  private:
    sys::Beneath folder_;
};

class StorePlace : public Place {
  public:
    explicit StorePlace(const Store& store) : store_(store) {}

    std::string name() const override { return store_.root(); }
    Result<std::vector<Descriptor>> images(const std::string&) const override { return std::vector<Descriptor>(); }
    Result<std::uint64_t> size(const Descriptor& wanted) const override { return store_.blob_size(wanted.digest); }
    Result<Blob> open(const Descriptor& wanted) const override {
        const fs::path path = store_.blob_path(wanted.digest);
        auto file = sys::open_fd(path, O_RDONLY);
        if (!file) return file.error();
        return blob_of(std::move(*file), path);
    }

  private:
    Store store_;
};

}  // namespace

Result<std::unique_ptr<Place>> layout_place(const fs::path& folder) {
    auto beneath = sys::Beneath::open(folder, sys::Outside::refused);
    if (!beneath) return beneath.error();
    auto text = beneath->read_file(layout_file, layout_file_limit);
    const auto said = text ? check_layout_file(*text, folder / layout_file) : Result<void>(text.error());
    if (!said) {
        Error error = build_error("'" + folder.string() + "' is not an OCI image layout: " + said.error().message);
        error.hint = "`skopeo copy docker://IMAGE oci:DIR:TAG` makes one";
        return error;
    }
    return std::unique_ptr<Place>(std::make_unique<LayoutPlace>(std::move(*beneath)));
}

std::unique_ptr<Place> store_place(const Store& store) { return std::make_unique<StorePlace>(store); }

Result<std::string> read_text(const Blob& blob, std::uint64_t limit) {
    if (blob.size > limit) return build_error("'" + blob.name + "' is larger than " + human_bytes(limit));
    std::string out(blob.size + 1, '\0');
    std::size_t size = 0;
    while (size < out.size()) {
        auto got = blob.read(std::as_writable_bytes(std::span(out).subspan(size)));
        if (!got) return got.error();
        if (*got == 0) break;
        size += *got;
    }
    if (size > blob.size) return build_error("'" + blob.name + "' grows while it is read");
    out.resize(size);
    return out;
}

}  // namespace tmplbuild::oci
