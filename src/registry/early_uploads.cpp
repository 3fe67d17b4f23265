// SPDX-License-Identifier: Apache-2.0
#include "registry/early_uploads.hpp"

#include "base/text.hpp"
#include "oci/place.hpp"
#include "registry/limits.hpp"
#include "registry/upload.hpp"

namespace tmplbuild::registry {

namespace {

constexpr int early_at_once = 2;  // beside a build that needs the machine

}  // namespace

EarlyUploads::EarlyUploads(const Client& client, const Reference& to, const Store& store, Progress& progress)
    : session_(client, to, Access::push),
      store_(store),
      progress_(progress),
      step_("layers for docker://" + to.repository_name()),
      places_(store, to.host) {
    for (int i = 0; i < early_at_once; ++i) threads_.emplace_back([this] { work(stop_.get_token()); });
}

EarlyUploads::~EarlyUploads() { stop_.request_stop(); }

void EarlyUploads::offer(const BuiltLayer& layer) {
    const std::scoped_lock lock(mutex_);
    const std::string lies_in = places_.repository_of(layer.digest);
    if (has_failed_ || (!lies_in.empty() && lies_in != session_.image().repository)) return;
    if (!check_blob_size(session_.image().host, layer.digest.to_string(), layer.size)) return;
    if (!offered_.insert(layer.digest).second) return;
    if (total_ == 0) progress_.started(step_, "pushing");
    total_ += layer.size;
    waiting_.push_back(layer);
    changed_.notify_all();
}

void EarlyUploads::finish(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto is_over = [this] { return waiting_.empty() && running_ == 0; };
    if (!changed_.wait(lock, stop, is_over)) {
        give_up();
        changed_.wait(lock, is_over);
    }
    if (total_ == 0) return;
    if (has_failed_ || stop.stop_requested())
        progress_.ended(step_);
    else
        progress_.finished(step_, StepOutcome::built, 0, human_bytes(sent_) + " sent");
    total_ = 0;
}

void EarlyUploads::work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
        const BuiltLayer layer = std::move(waiting_.front());
        waiting_.pop_front();
        ++running_;
        lock.unlock();
        send(layer, stop);
        lock.lock();
        --running_;
        changed_.notify_all();
    }
}

void EarlyUploads::send(const BuiltLayer& layer, const std::stop_token& stop) {
    const oci::Descriptor what{"", layer.digest, layer.size, "", "", false};
    const std::shared_ptr<oci::Place> place = oci::store_place(store_);
    OutgoingBlob blob(what, [place, what] { return place->open(what); });
    std::uint64_t before = 0;
    blob.on_progress = [&](std::uint64_t position) {
        const std::scoped_lock lock(mutex_);
        if (position <= before) return;
        done_ += position - before;
        before = position;
        if (total_ != 0) progress_.bytes(step_, done_, total_);
    };
    auto record = UploadRecord::open(store_.root() / "uploads", session_.image(), layer.digest, layer.size);
    BlobUpload upload(session_, blob, record ? std::move(*record) : UploadRecord::none(), "");
    const auto arrived = upload.run(stop);
    if (!arrived && !upload.may_go_on()) upload.cancel(stop);
    const std::scoped_lock lock(mutex_);
    sent_ += blob.sent();
    if (arrived) return;
    // The push tries again, and says why where that fails too.
    give_up();
}

void EarlyUploads::give_up() {
    has_failed_ = true;
    waiting_.clear();
    stop_.request_stop();
}

}  // namespace tmplbuild::registry
