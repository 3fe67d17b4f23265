// SPDX-License-Identifier: Apache-2.0
#include "console/models/carried_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/text.hpp"
#include "catalogue/workflow.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild::console {

namespace {

// While it lives, the file's bytes are there.
class Mapping {
  public:
    Mapping(int fd, std::size_t size) : size_(size) {
        if (size > 0) data_ = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    ~Mapping() {
        if (size_ > 0 && data_ != MAP_FAILED) ::munmap(data_, size_);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    bool failed() const { return data_ == MAP_FAILED; }
    std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

  private:
    void* data_ = nullptr;
    std::size_t size_ = 0;
};

bool is_ours(std::string_view path) { return path == ".tmplbuild" || path.starts_with(".tmplbuild/"); }

}  // namespace

Reply<std::string> workflow_of_bytes(std::string_view bytes) {
    if (bytes.size() <= catalogue::max_workflow_bytes && trim(bytes.substr(0, 4096)).starts_with('{'))
        return std::string(bytes);
    const catalogue::Carried carried = catalogue::carried_in(bytes);
    if (!carried.empty()) return carried.best();
    return Refusal{422, "this file carries no workflow",
                   "drop a workflow's JSON, or a PNG, WebP, JPEG, MP4, WebM or FLAC that ComfyUI saved with its "
                   "workflow"};
}

Reply<std::string> workflow_of_file(const ModelPlaces& places, const std::string& path) {
    for (const std::string& root : {places.volume, std::string("/tmp")}) {
        if (!path.starts_with(root + "/")) continue;
        const std::string inner = path.substr(root.size() + 1);
        const auto beneath = sys::Beneath::open(root, sys::Outside::refused);
        if (!beneath) return refusal_of(beneath.error());
        const auto real = beneath->real_path(inner);
        if (!real) return refusal_of(real.error());
        if (!*real) return Refusal{404, "there is no file '" + path.substr(0, 200) + "'", {}};
        if (is_ours(**real)) return Refusal{403, "this folder is the console's own", {}};
        const auto file = beneath->open_file(**real);
        if (!file) return refusal_of(file.error());
        struct stat info {};
        if (::fstat(file->get(), &info) != 0) return refusal_of(os_error("look at", path, errno));
        const Mapping mapped(file->get(), static_cast<std::size_t>(info.st_size));
        if (mapped.failed()) return refusal_of(os_error("read", path, errno));
        return workflow_of_bytes(mapped.bytes());
    }
    return Refusal{403, "'" + path.substr(0, 200) + "' is neither on the volume nor in /tmp", {}};
}

}  // namespace tmplbuild::console
