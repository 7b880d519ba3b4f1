/** A page that is exported as files; any other kind of Next application will do, too. */
export default { output: 'export' };
