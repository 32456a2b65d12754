// Large buttons for the player of this page, and a word while there is no sound yet, or none to be had.
(() => {
  const voice = document.getElementById("voice");
  const say = (id, yes) => { document.getElementById(id).hidden = !yes; };
  const look = () => {
    say("voice-stop", !voice.paused);
    say("voice-go", voice.paused);
  };
  const failed = () => {
    say("voice-waits", false);
    say("voice-buttons", false);
    say("voice-fails", true);
  };
  if (voice.error) return failed();
  voice.addEventListener("error", failed);
  const begun = () => say("voice-waits", false);
  say("voice-waits", voice.readyState < 3);
  for (const event of ["canplay", "playing"]) voice.addEventListener(event, begun);
  for (const event of ["play", "pause", "ended"]) voice.addEventListener(event, look);
  document.getElementById("voice-stop").addEventListener("click", () => voice.pause());
  document.getElementById("voice-go").addEventListener("click", () => voice.play());
  document.getElementById("voice-again").addEventListener("click", () => {
    voice.currentTime = 0;
    voice.play();
  });
  say("voice-buttons", true);
  look();
})();
