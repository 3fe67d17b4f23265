// SPDX-License-Identifier: Apache-2.0
#include "console/web/token_store.hpp"

#include <algorithm>

namespace tmplbuild::console {

constexpr std::chrono::seconds write_again_after{15};

bool TokenStore::take(const std::string& text) {
    BearerTokens of_volume;
    if (const auto taken = text.empty() ? Result<void>() : of_volume.take_over(text); !taken) {
        problem_ = taken.error().message;
        return false;
    }
    of_volume.apply(on_its_way_);
    of_volume.apply(unkept_);
    of_volume.note_uses(tokens_);
    tokens_ = std::move(of_volume);
    problem_.clear();
    return true;
}

void TokenStore::start() {
    reader_.ask(reader_question_, [this, before = writings_](const ChildEnd& end) {
        read_ = true;
        if (before != writings_) return;  // what a writer told meanwhile is newer
        if (end.late)
            problem_ = "the volume did not answer within 2 s";
        else if (!end.ok())
            problem_ = "the volume cannot be read";
        else
            take(end.text);
    });
}

void TokenStore::refresh() {
    if (!problem_.empty() && !reader_.is_busy()) start();
}

void TokenStore::keep_made(const std::string& id, Done done) {
    for (const BearerTokens::Token& token : tokens_.all())
        if (token.id == id) unkept_.made.push_back(token);
    keep([this, id, done = std::move(done)](const std::string& problem) {
        const auto& all = tokens_.all();
        const bool is_there = std::any_of(all.begin(), all.end(), [&](const auto& token) { return token.id == id; });
        done(!problem.empty() || is_there ? problem : "it was withdrawn, or other pods' tokens left no room for it");
    });
}

void TokenStore::keep_withdrawn(const std::string& id, Done done) {
    std::erase_if(unkept_.made, [&](const auto& token) { return token.id == id; });
    unkept_.withdrawn.push_back(id);
    keep(std::move(done));
}

// What comes while a worker writes waits for it, and is written at once then.
void TokenStore::keep(Done done) {
    if (writer_.is_busy() && on_its_way_.is_empty())
        return done("the volume did not answer to the change before; this one is tried again later");
    waiting_.push_back(std::move(done));
    if (!writer_.is_busy()) write();
}

void TokenStore::write() {
    ChildQuestion question = writer_question_;
    on_its_way_ = std::exchange(unkept_, {});
    for (const BearerTokens::Token& token : tokens_.all()) on_its_way_.used[token.id] = token.used;
    question.input = on_its_way_.to_text();
    writer_.ask(question, [this, waiting = std::exchange(waiting_, {})](const ChildEnd& end) {
        const TokenChange change = std::exchange(on_its_way_, {});
        written(end, waiting, change);
    });
}

void TokenStore::written(const ChildEnd& end, const std::vector<Done>& waiting, const TokenChange& change) {
    std::string why = end.late ? "the volume did not answer within 2 s" : "nothing can be written to the volume";
    if (end.ok()) {
        ++writings_;
        why = end.text.empty() || take(end.text) ? "" : problem_;  // one that says nothing has kept it all the same
    } else {
        unkept_.made.insert(unkept_.made.begin(), change.made.begin(), change.made.end());
        unkept_.withdrawn.insert(unkept_.withdrawn.begin(), change.withdrawn.begin(), change.withdrawn.end());
        again_.expires_after(write_again_after);
        again_.async_wait([this](boost::system::error_code error) {
            if (error || unkept_.is_empty()) return;
            if (writer_.is_busy()) return written({.late = true}, {}, {});
            write();
        });
    }
    for (const Done& done : waiting) done(why);
    if (waiting_.empty() || writer_.is_busy()) {
        // A worker that does not end holds what came after it, too.
        for (const Done& done : std::exchange(waiting_, {})) done(why.empty() ? "the volume does not answer" : why);
        return;
    }
    write();
}

}  // namespace tmplbuild::console
