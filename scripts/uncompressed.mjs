/**
 * Has Vite's preview server send files as they are. It would compress each of them each time anew, which takes longer than
 * sending more bytes to the same machine.
 *
 * @returns {import("vite").Plugin}
 */
export function uncompressed() {
  return {
    name: "uncompressed",
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((request, _response, next) => {
        delete request.headers["accept-encoding"];
        next();
      });
    },
  };
}
