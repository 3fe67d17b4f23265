// SPDX-License-Identifier: Apache-2.0
#include "base/signing_key.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <new>

namespace tmplbuild {

namespace {

constexpr std::size_t signature_size = 64;  // RFC 8032, section 5.1.6

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// Without it OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

std::unique_ptr<BIO, FreeBio> reader_of(std::string_view pem) {
    std::unique_ptr<BIO, FreeBio> out(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!out) throw std::bad_alloc();
    return out;
}

Context new_context() {
    Context out(EVP_MD_CTX_new());
    if (!out) throw std::bad_alloc();
    return out;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Digest digest_of_public(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) throw std::bad_alloc();
    const Digest out = Sha256::of({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return out;
}

}  // namespace

struct SigningKey::Impl {
    Key key;
    bool can_sign;
    Digest id;
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

Result<SigningKey> SigningKey::parse(std::string_view pem, const std::string& name) {
    constexpr std::size_t longest = 16 << 10;  // bytes; an Ed25519 key has 120
    const std::string hint =
        "`openssl genpkey -algorithm ed25519 -out FILE` makes one, `openssl pkey -in FILE -pubout` its public half";
    if (pem.size() > longest) return usage_error("'" + name + "' is no key", hint);
    bool can_sign = true;
    Key key(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, no_passphrase, nullptr));
    if (!key) {
        can_sign = false;
        key.reset(PEM_read_bio_PUBKEY(reader_of(pem).get(), nullptr, no_passphrase, nullptr));
    }
    if (!key) return usage_error("'" + name + "' is no key in PEM form, or one with a passphrase", hint);
    if (EVP_PKEY_base_id(key.get()) != EVP_PKEY_ED25519)
        return usage_error("the key in '" + name + "' is of another kind than Ed25519", hint);
    const Digest id = digest_of_public(key.get());
    return SigningKey(std::make_unique<Impl>(Impl{std::move(key), can_sign, id}));
}

const Digest& SigningKey::id() const { return impl_->id; }
bool SigningKey::can_sign() const { return impl_->can_sign; }

std::string SigningKey::sign(std::string_view text) const {
    const Context context = new_context();
    std::string out(signature_size, '\0');
    std::size_t size = out.size();
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, impl_->key.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(text),
                       text.size()) != 1)
        throw BuildError(machine_error("OpenSSL cannot sign with the key"));
    out.resize(size);
    return out;
}

bool SigningKey::verify(std::string_view text, std::string_view signature) const {
    const Context context = new_context();
    return signature.size() == signature_size &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, impl_->key.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

}  // namespace tmplbuild
