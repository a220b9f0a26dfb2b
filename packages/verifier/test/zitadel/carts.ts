/** The shop's own carts: a merge of one key is done once, however often it is asked for. */
export class Carts {
  readonly done: { readonly from: string; readonly to: string; readonly key: string }[] = [];
  calls = 0;
  /** So many more calls fail. */
  failing = 0;

  readonly merge = async (merge: { readonly from: string; readonly to: string; readonly key: string }): Promise<void> => {
    this.calls += 1;
    if (this.failing > 0) {
      this.failing -= 1;
      throw new Error('the carts are away');
    }
    if (!this.done.some(({ key }) => key === merge.key)) this.done.push(merge);
  };
}
