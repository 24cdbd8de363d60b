// Passkeys: asks the server for its question, lets the device answer it, and sends the answer as the form's field "credential".
(function () {
  "use strict";
  var forms = document.querySelectorAll("form[data-passkey]");
  var able = !!(window.isSecureContext && window.PublicKeyCredential && navigator.credentials);

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (sign) { return sign.charCodeAt(0); });
  }

  function text(buffer) {
    var plain = Array.from(new Uint8Array(buffer), function (byte) { return String.fromCharCode(byte); }).join("");
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function asked(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    ["excludeCredentials", "allowCredentials"].forEach(function (list) {
      (options[list] || []).forEach(function (one) { one.id = bytes(one.id); });
    });
    return { publicKey: options };
  }

  function answered(key) {
    var response = { clientDataJSON: text(key.response.clientDataJSON) };
    ["attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (part) {
      if (key.response[part]) response[part] = text(key.response[part]);
    });
    return JSON.stringify({
      id: key.id, rawId: text(key.rawId), type: key.type, response: response,
      clientExtensionResults: key.getClientExtensionResults()
    });
  }

  function say(form, sentence) {
    var place = form.querySelector("[data-passkey-error]");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  function refused(form, error) {
    if (error.said) return say(form, error.said);
    say(form, error.name === "InvalidStateError" ? form.dataset.there : form.dataset.refused);
  }

  function start(form) {
    say(form, "");
    fetch(form.dataset.options, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } })
      .then(function (answer) {
        return answer.json().then(function (told) {
          if (!answer.ok) throw { said: told.error || told.title };
          return told.publicKey;
        });
      })
      .then(function (options) {
        return form.dataset.passkey === "create" ? navigator.credentials.create(asked(options)) : navigator.credentials.get(asked(options));
      })
      .then(function (key) {
        form.elements.credential.value = answered(key);
        form.submit();
      })
      .catch(function (error) { refused(form, error); });
  }

  forms.forEach(function (form) {
    form.hidden = !able;
    form.addEventListener("submit", function (event) { event.preventDefault(); start(form); });
  });
  document.querySelectorAll("[data-passkey-unable]").forEach(function (note) { note.hidden = able; });
})();
