// SPDX-License-Identifier: Apache-2.0
#include "registry/pull_sources.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "registry/blob_stream.hpp"
#include "registry/pull_rules.hpp"

namespace tmplbuild::registry {

namespace {

// Where there are mirrors, a blob of at most that size is held until its digest is known to be right, so that no byte
// of a wrong one is given.
constexpr std::uint64_t held_blob = 1 << 20;

struct PullSource {
    std::shared_ptr<Session> session;
    std::atomic<bool> is_out = false;  // it is not asked any more

    std::string name() const { return session->image().repository_name(); }
};

std::string blob_name_at(const Session& session, const Digest& digest) {
    return "docker://" + session.image().repository_name() + "@" + digest.to_string();
}

}  // namespace

struct PullSources::Impl {
    std::shared_ptr<const Client> client;
    Reference image;
    std::stop_token stop;
    std::mutex mutex{};  // of the first request, which makes what follows
    std::vector<std::unique_ptr<PullSource>> sources{};

    Impl(std::shared_ptr<const Client> shared, Reference which, std::stop_token ends)
        : client(std::move(shared)), image(std::move(which)), stop(std::move(ends)) {}

    void tell(const std::string& text) const {
        if (client->tell) client->tell(text);
    }
    Result<void> find_sources() {
        const std::scoped_lock lock(mutex);
        if (!sources.empty()) return {};
        const auto rules = client->pull_rules ? client->pull_rules() : PullRules();
        if (!rules) return rules.error();
        if (auto may = rules->check_allowed(image); !may) return may;
        const auto places = rules->places_of(image);
        if (!places) return places.error();
        for (const PullPlace& place : *places) {
            auto source = std::make_unique<PullSource>();
            source->session = std::make_shared<Session>(*client, place.image, Access::pull);
            if (place.is_insecure && !client->may_be_plain("http://" + place.image.server()))
                tell("insecure = true is not followed for " + source->name() +
                     ": it is asked by https, and its certificate must be good; --plain-http " + place.image.host +
                     " allows http");
            sources.push_back(std::move(source));
        }
        return {};
    }
    bool is_last(std::size_t at) const { return at + 1 == sources.size(); }
    // The first one from `at` on that is to be asked; the last one is, whatever it has answered before.
    std::size_t next_from(std::size_t at) const {
        while (!is_last(at) && sources[at]->is_out) ++at;
        return at;
    }
    void pass_over(std::size_t at, const Error& why) {
        if (sources[at]->is_out.exchange(true)) return;
        tell("the mirror " + sources[at]->name() + " is passed over for " + image.repository_name() + ": " +
             why.message);
    }

    template <class T>
    Result<T> first_of(const std::function<Result<T>(Session& session)>& ask) {
        if (auto found = find_sources(); !found) return found.error();
        for (std::size_t at = next_from(0);; at = next_from(at + 1)) {
            auto got = ask(*sources[at]->session);
            if (got || is_last(at) || got.error().kind == ErrorKind::interrupted) return got;
            pass_over(at, got.error());
        }
    }
    Result<std::string> whole(const oci::Descriptor& wanted) {
        return first_of<std::string>([&](Session& session) -> Result<std::string> {
            std::string text;
            const auto take = [&](std::string_view data) -> Result<void> {
                text += data;
                return {};
            };
            if (auto got = fetch_blob(session, wanted.digest, wanted.size, take, stop); !got) return got.error();
            return text;
        });
    }
};

// A blob read from the first place that gives it. Where one fails on the way, the next one gives the rest.
class PullSources::Stream {
  public:
    Stream(std::shared_ptr<Impl> sources, oci::Descriptor wanted, std::uint64_t from, const std::stop_token& stop)
        : sources_(std::move(sources)),
          wanted_(std::move(wanted)),
          at_(sources_->next_from(0)),
          position_(from),
          own_stop_(sources_->stop, [this] { ended_.request_stop(); }),
          more_stop_(stop, [this] { ended_.request_stop(); }) {}

    std::string name() const { return blob_name_at(session(), wanted_.digest); }

    Result<std::size_t> read(std::span<std::byte> into) {
        for (;;) {
            if (!stream_)
                stream_.emplace(sources_->sources[at_]->session, wanted_.digest, wanted_.size, ended_.get_token(),
                                position_);
            auto got = stream_->read(into);
            if (got) {
                position_ += *got;
                has_given_ = has_given_ || *got != 0;
                return got;
            }
            if (sources_->is_last(at_) || got.error().kind == ErrorKind::interrupted) return got;
            // What was given was wrong: whoever has it must begin anew.
            if (has_given_ && is_other_content(got.error())) return got;
            sources_->pass_over(at_, got.error());
            at_ = sources_->next_from(at_ + 1);
            stream_.reset();
            is_mixed_ = is_mixed_ || has_given_;
            has_given_ = false;
        }
    }
    bool ask_elsewhere(const Error& why) {
        if (sources_->is_last(at_)) return is_mixed_;
        sources_->pass_over(at_, why);
        return true;
    }

  private:
    const Session& session() const { return *sources_->sources[at_]->session; }

    std::shared_ptr<Impl> sources_;
    oci::Descriptor wanted_;
    std::size_t at_;  // the place that is read
    std::optional<BlobStream> stream_{};
    std::uint64_t position_;
    bool has_given_ = false;  // bytes, from the place that is read
    bool is_mixed_ = false;   // other places gave bytes before
    std::stop_source ended_{};
    std::stop_callback<std::function<void()>> own_stop_, more_stop_;
};

oci::Blob blob_of_text(std::string name, std::string text) {
    auto left = std::make_shared<std::pair<std::string, std::size_t>>(std::move(text), 0);
    const std::uint64_t size = left->first.size();
    return {std::move(name), size, [left](std::span<std::byte> into) -> Result<std::size_t> {
                const auto rest = std::as_bytes(std::span(left->first)).subspan(left->second);
                const auto part = rest.first(std::min(rest.size(), into.size()));
                std::copy(part.begin(), part.end(), into.begin());
                left->second += part.size();
                return part.size();
            }};
}

PullSources::PullSources(std::shared_ptr<const Client> client, Reference image, std::stop_token stop)
    : impl_(std::make_shared<Impl>(std::move(client), std::move(image), std::move(stop))) {}
PullSources::~PullSources() = default;

const Reference& PullSources::image() const { return impl_->image; }

Result<Document> PullSources::named_manifest() {
    return impl_->first_of<Document>(
        [&](Session& session) { return fetch_manifest(session, session.image().identifier(), impl_->stop); });
}

Result<Document> PullSources::manifest(const Digest& digest) {
    return impl_->first_of<Document>(
        [&](Session& session) { return fetch_manifest(session, digest.to_string(), impl_->stop); });
}

Result<std::uint64_t> PullSources::size(const oci::Descriptor& wanted) {
    return impl_->first_of<std::uint64_t>([&](Session& session) -> Result<std::uint64_t> {
        auto found = find_blob(session, wanted.digest, wanted.size, impl_->stop);
        if (!found) return found.error();
        if (*found) return **found;
        return network_error("the registry has no '" + blob_name_at(session, wanted.digest) + "'",
                             "the image in the registry is not whole: push it again");
    });
}

Result<oci::Blob> PullSources::open(const oci::Descriptor& wanted, std::uint64_t from, const std::stop_token& stop) {
    if (auto found = impl_->find_sources(); !found) return found.error();
    if (from == 0 && wanted.size <= held_blob && impl_->sources.size() > 1) {
        auto text = impl_->whole(wanted);
        if (!text) return text.error();
        return blob_of_text("docker://" + impl_->image.repository_name() + "@" + wanted.digest.to_string(),
                            std::move(*text));
    }
    auto stream = std::make_shared<Stream>(impl_, wanted, from, stop);
    return oci::Blob{stream->name(), wanted.size, [stream](std::span<std::byte> into) { return stream->read(into); },
                     nullptr, [stream](const Error& why) { return stream->ask_elsewhere(why); }};
}

}  // namespace tmplbuild::registry
