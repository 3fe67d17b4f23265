// SPDX-License-Identifier: Apache-2.0
#include "oci/layer_fetch.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "store/partial_blob.hpp"

namespace tmplbuild::oci {

namespace {

// One reading of the layer, from its first byte: of what is here, then of what is there.
class LayerFetch {
  public:
    LayerFetch(PartialBlob& here, const ImageSource& image, std::size_t which, const Advance& advance,
               const std::stop_token& stop)
        : here_(here), image_(image), which_(which), advance_(advance), stop_(stop) {}

    Result<BuiltLayer> run() {
        BuiltLayer layer = image_.layers()[which_];
        auto tar = LayerReader::foreign([this](std::span<std::byte> into) { return read(into); },
                                        layer.digest.to_string() + "' of '" + image_.name(), layer,
                                        [this](std::span<const std::byte> bytes) { return passed(bytes); });
        if (auto done = tar.finish(); !done) return done.error();
        layer.tar_size = tar.tar_size();
        return layer;
    }
    std::uint64_t told() const { return passed_; }
    // Whether another source may have what this one did not give.
    bool ask_elsewhere(const Error& why) const { return there_ && there_->ask_elsewhere && there_->ask_elsewhere(why); }

  private:
    Result<std::size_t> read(std::span<std::byte> into) {
        if (read_ < here_.held()) {
            auto got = here_.read(read_, into);
            if (got) read_ += *got;
            return got;
        }
        if (!there_) {
            if (here_.held() == image_.layers()[which_].size) return std::size_t{0};
            auto opened = image_.open_blob(which_, here_.held(), stop_);
            if (!opened) return opened.error();
            there_ = std::move(*opened);
        }
        return there_->read(into);
    }
    Result<void> passed(std::span<const std::byte> bytes) {
        const std::uint64_t known = here_.held() - std::min(here_.held(), passed_);
        passed_ += bytes.size();
        if (known < bytes.size())
            if (auto kept = here_.append(bytes.subspan(static_cast<std::size_t>(known))); !kept) return kept;
        return advance_(static_cast<std::int64_t>(bytes.size()));
    }

    PartialBlob& here_;
    const ImageSource& image_;
    const std::size_t which_;
    const Advance& advance_;
    const std::stop_token& stop_;
    std::optional<Blob> there_{};
    std::uint64_t read_ = 0, passed_ = 0;  // bytes: given to the reader, checked by it
};

bool is_content_wrong(const Error& error) { return error.kind == ErrorKind::build && error.os_code == 0; }

}  // namespace

Result<BuiltLayer> fetch_layer(const Store& store, const ImageSource& image, std::size_t which, const Advance& advance,
                               const std::stop_token& stop) {
    auto here = PartialBlob::open(store, image.layers()[which].digest, image.layers()[which].size);
    if (!here) return here.error();
    for (;;) {
        const bool was_begun = here->held() != 0;
        LayerFetch fetch(*here, image, which, advance, stop);
        auto layer = fetch.run();
        if (layer) {
            if (auto adopted = here->adopt(store); !adopted) return adopted.error();
            return layer;
        }
        const Error& why = layer.error();
        if (!is_content_wrong(why) && (why.kind != ErrorKind::network || !fetch.ask_elsewhere(why))) return layer;
        // What an earlier process left may be damaged: the machine may have lost its power.
        if (auto emptied = here->start_over(); !emptied) return emptied.error();
        if (is_content_wrong(why) && !was_begun && !fetch.ask_elsewhere(why)) return layer;
        if (auto back = advance(-static_cast<std::int64_t>(fetch.told())); !back) return back.error();
    }
}

}  // namespace tmplbuild::oci
