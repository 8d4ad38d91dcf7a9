import { setConnection } from '../frame/connection.ts';
import { setToken } from '../frame/server.ts';

/** Asks for the token that the server wants; the page behind it then asks again. */
export function SignIn() {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    setToken(String(new FormData(event.currentTarget).get('token') ?? '').trim());
    setConnection('ok');
  };
  return (
    <section class="card sign-in">
      <h1>Who are you?</h1>
      <p>
        This server wants to know who calls. <code>trestle token create NAME</code> on its machine makes a
        token; it is kept in this tab only.
      </p>
      <form onSubmit={submit} class="row">
        <label>
          Access token <input name="token" type="password" autocomplete="off" required />
        </label>
        <button type="submit" class="primary">
          Use it
        </button>
      </form>
    </section>
  );
}
