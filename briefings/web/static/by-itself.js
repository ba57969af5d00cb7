/* Presses the button of a page that says so: only a browser that signed up gets such a page. */
(function () {
  var form = document.querySelector("form[data-by-itself]");
  if (form) { form.requestSubmit ? form.requestSubmit() : form.submit(); }
}());
