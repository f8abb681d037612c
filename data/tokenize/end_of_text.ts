/** How the end-of-text token is spelled in vocabularies of our own. */
export const END_OF_TEXT = "<|endoftext|>";
