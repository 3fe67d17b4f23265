// SPDX-License-Identifier: Apache-2.0
#include "registry/push.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/text.hpp"
#include "io/http_reply.hpp"
#include "registry/blob_places.hpp"
#include "registry/journal.hpp"
#include "registry/limits.hpp"
#include "registry/media_types.hpp"
#include "registry/push_manifest.hpp"
#include "registry/take_back.hpp"
#include "registry/upload.hpp"

namespace tmplbuild::registry {

namespace {

constexpr std::size_t uploads_at_once = 3;
constexpr std::size_t most_mount_scopes = 4;  // repositories that a token is asked to read besides

// How far all blobs of a push are, together.
class PushMeter {
  public:
    PushMeter(const PushContext& context, std::uint64_t total) : context_(context), total_(total) {}

    // The blob `index` has come to `position`; it never goes back.
    void reached(std::size_t index, std::uint64_t position) {
        const std::scoped_lock lock(mutex_);
        std::uint64_t& before = positions_[index];
        if (position <= before) return;
        done_ += position - before;
        before = position;
        const auto now = std::chrono::steady_clock::now();
        if (now - told_ < std::chrono::milliseconds(100) && done_ < total_) return;
        told_ = now;
        context_.progress.bytes(context_.step, done_, total_);
    }

  private:
    const PushContext& context_;
    const std::uint64_t total_;
    std::mutex mutex_;
    std::map<std::size_t, std::uint64_t> positions_;  // under mutex_, as the rest
    std::uint64_t done_ = 0;
    std::chrono::steady_clock::time_point told_{};
};

class BlobPush {
  public:
    BlobPush(const PushedImage& image, Session& session, BlobPlaces& places, bool may_mount, const PushContext& context)
        : image_(image),
          session_(session),
          places_(places),
          may_mount_(may_mount),
          context_(context),
          meter_(context, image.size() - image.manifest.size()) {}

    Result<void> run(PushReport& report, const std::stop_token& stop) {
        // The largest first, so that none is left alone at the end.
        for (std::size_t i = 0; i < image_.blobs.size(); ++i) order_.push_back(i);
        std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
            return image_.blobs[a].what.size > image_.blobs[b].what.size;
        });
        const std::stop_callback pass_on(stop, [this] { stop_.request_stop(); });
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 1; i < std::min(uploads_at_once, order_.size()); ++i)
                threads.emplace_back([this] { work(); });
            work();
        }
        report.sent += sent_;
        report.uploaded += arrived_[Arrival::uploaded];
        report.mounted += arrived_[Arrival::mounted];
        report.found += arrived_[Arrival::was_there];
        if (!failure_) return {};
        // A push that was refused leaves nothing behind; after a cut the next one goes on.
        if (is_refused_)
            for (const auto& upload : unfinished_) upload->cancel(stop);
        return *failure_;
    }

  private:
    void work() {
        for (;;) {
            const std::size_t at = next_.fetch_add(1);
            if (at >= order_.size() || stop_.stop_requested()) return;
            push(order_[at]);
        }
    }

    void push(std::size_t index) {
        const PushedBlob& blob = image_.blobs[index];
        auto outgoing = std::make_unique<OutgoingBlob>(blob.what, blob.open);
        outgoing->on_progress = [this, index](std::uint64_t position) { meter_.reached(index, position); };
        auto record =
            UploadRecord::open(context_.store.root() / "uploads", session_.image(), blob.what.digest, blob.what.size);
        std::string lies_in;
        if (may_mount_) {
            const std::scoped_lock lock(mutex_);
            lies_in = places_.repository_of(blob.what.digest);
            if (lies_in == session_.image().repository) lies_in.clear();
        }
        auto upload = std::make_unique<BlobUpload>(
            session_, *outgoing, record ? std::move(*record) : UploadRecord::none(), std::move(lies_in));
        auto arrived = upload->run(stop_.get_token());
        const std::scoped_lock lock(mutex_);
        sent_ += outgoing->sent();
        if (!record) tell_unkept(record.error());
        if (const auto& fault = upload->journal_fault()) tell_unkept(*fault);
        if (arrived) {
            ++arrived_[*arrived];
            places_.note(blob.what.digest, session_.image().repository);
            meter_.reached(index, blob.what.size);
            return;
        }
        if (!failure_ || failure_->kind == ErrorKind::interrupted) failure_ = arrived.error();
        is_refused_ = is_refused_ || !upload->may_go_on();
        unfinished_.push_back(std::move(upload));
        kept_.push_back(std::move(outgoing));
        stop_.request_stop();
    }

    // Once, whatever the number of blobs. Under the lock.
    void tell_unkept(const Error& why) {
        if (std::exchange(is_unkept_told_, true)) return;
        context_.progress.message("this push cannot be gone on with after a cut: " + why.message);
    }

    const PushedImage& image_;
    Session& session_;
    BlobPlaces& places_;
    const bool may_mount_;
    const PushContext& context_;
    PushMeter meter_;
    std::vector<std::size_t> order_{};
    std::atomic<std::size_t> next_{0};
    std::stop_source stop_{};
    std::mutex mutex_{};  // of all that follows, and of places_
    std::map<Arrival, int> arrived_{};
    std::uint64_t sent_ = 0;
    std::optional<Error> failure_{};
    bool is_refused_ = false, is_unkept_told_ = false;
    std::vector<std::unique_ptr<OutgoingBlob>> kept_{};  // what unfinished_ refers to
    std::vector<std::unique_ptr<BlobUpload>> unfinished_{};
};

std::set<std::string> mount_sources(const PushedImage& image, const Reference& to, const BlobPlaces& places) {
    std::set<std::string> out;
    for (const PushedBlob& blob : image.blobs)
        if (const std::string from = places.repository_of(blob.what.digest);
            !from.empty() && from != to.repository && out.size() < most_mount_scopes)
            out.insert(from);
    return out;
}

std::string ending_note(const PushReport& report) {
    if (report.was_there) return "already there";
    std::vector<std::string> parts = {human_bytes(report.sent) + " sent"};
    if (report.found != 0) parts.push_back(std::to_string(report.found) + " blobs were there");
    if (report.mounted != 0) parts.push_back(std::to_string(report.mounted) + " mounted");
    return join(parts, ", ");
}

Result<PushReport> push_whole(const PushedImage& image, const PushTarget& target, const PushContext& context,
                              const std::stop_token& stop) {
    PushReport report{.manifest = image.digest};
    std::vector<std::string> identifiers = target.tags;
    if (identifiers.empty()) identifiers.push_back(image.digest.to_string());
    BlobPlaces places(context.store, target.repository.host);
    sweep_uploads(context.store.root() / "uploads");
    std::set<std::string> sources = mount_sources(image, target.repository, places);
    auto session = std::make_unique<Session>(context.client, target.repository, Access::push);
    for (const std::string& from : sources) session->also_pull_from(from);
    auto missing = lacking(*session, image, identifiers, stop);
    if (!missing && !sources.empty() && session->is_login_refused()) {
        // A token server may give nothing to who asks for a repository that is not his.
        sources.clear();
        session = std::make_unique<Session>(context.client, target.repository, Access::push);
        missing = lacking(*session, image, identifiers, stop);
    }
    if (!missing) return missing.error();
    report.was_there = missing->empty();
    if (report.was_there) return report;
    // A registry that was restored from a copy, or cleans up just now, may not have what it said that it has.
    for (int round = 0; round < 2; ++round) {
        BlobPush blobs(image, *session, places, !sources.empty() && round == 0, context);
        const auto pushed = blobs.run(report, stop);
        if (auto saved = places.save(); !saved) context.progress.message(saved.error().message);
        if (!pushed) return pushed.error();
        context.progress.doing(context.step, "naming it");
        const auto named = put_manifest(*session, image, *missing, stop);
        if (!named) return named.error();
        if (*named) return report;
    }
    return network_error("the registry " + target.repository.host +
                             " took every blob of the image and says that it "
                             "does not have them all",
                         "the registry has a fault of its own: try again later");
}

}  // namespace

Result<std::vector<PushTarget>> PushTarget::of(const std::vector<Reference>& references, const Digest& image) {
    std::vector<PushTarget> out;
    for (const Reference& one : references) {
        if (one.digest && *one.digest != image)
            return usage_error(
                "'" + one.to_string() + "' names another digest than the image has, " + image.to_string(),
                "name a tag, or no digest");
        const auto is_same = [&](const PushTarget& target) {
            return target.repository.repository_name() == one.repository_name();
        };
        auto at = std::find_if(out.begin(), out.end(), is_same);
        if (at == out.end()) at = out.insert(out.end(), PushTarget{one, {}});
        if (!one.tag.empty() && std::find(at->tags.begin(), at->tags.end(), one.tag) == at->tags.end())
            at->tags.push_back(one.tag);
    }
    return out;
}

std::string PushTarget::name() const {
    return "docker://" + repository.repository_name() + (tags.empty() ? "" : ":" + tags.front());
}

Result<void> check_access(const Client& client, const Reference& to, const std::stop_token& stop) {
    Session session(client, to, Access::push);
    const auto no = [&](const io::HttpResponse& said) {
        return session.refused("'" + to.to_string() + "' cannot be pushed", said);
    };
    Request look{.path = "manifests/" + to.identifier(), .method = io::HttpMethod::head};
    look.headers["Accept"] = accepted_manifests();
    auto response = session.send(look, stop);
    if (!response) return response.error();
    if (response->status == 401 || io::may_pass_later(response->status)) return no(*response);
    // Who may read may not push for that, and some registries hide what is not there yet from who may make it: only an
    // upload tells.
    auto begun = session.send({.path = "blobs/uploads/", .method = io::HttpMethod::post}, stop);
    if (!begun) return begun.error();
    if (begun->status == 202) {
        if (const auto url = session.location(*begun)) (void)take_back_upload(session, *url, stop);
        return {};
    }
    // What is there already may be the very image, which a registry that takes nothing just now has, too.
    const bool is_login = begun->status == 401 || begun->status == 403;
    if (response->status == 200 && !is_login && !io::may_pass_later(begun->status)) return {};
    return no(*begun);
}

Result<void> check_push(const PushedImage& image, const PushTarget& target) {
    for (const PushedBlob& blob : image.blobs)
        if (auto fits = check_blob_size(target.repository.host, blob.what.digest.to_string(), blob.what.size); !fits)
            return fits;
    return {};
}

Result<PushReport> push_image(const PushedImage& image, const PushTarget& target, const PushContext& context,
                              const std::stop_token& stop) {
    if (auto fits = check_push(image, target); !fits) return fits.error();
    const auto begin = std::chrono::steady_clock::now();
    context.progress.started(context.step, "pushing");
    auto report = push_whole(image, target, context, stop);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (report) {
        context.progress.finished(context.step, report->was_there ? StepOutcome::hit : StepOutcome::built, seconds,
                                  ending_note(*report));
        return report;
    }
    const bool stopped = report.error().kind == ErrorKind::interrupted;
    context.progress.finished(context.step, stopped ? StepOutcome::stopped : StepOutcome::failed, seconds, "");
    return report.error().while_doing("pushing to " + context.step);
}

}  // namespace tmplbuild::registry
