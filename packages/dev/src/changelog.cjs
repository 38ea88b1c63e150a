// Turns changesets into changelog lines. CommonJS, since changesets loads it with require().

module.exports = {
  /**
   * One changeset: its summary as a list item.
   *
   * @param {{ summary: string }} changeset
   */
  async getReleaseLine ({ summary }) {
    const [first, ...rest] = summary.split('\n').map(line => line.trimEnd())
    return [`- ${first}`, ...rest.map(line => (line === '' ? '' : `  ${line}`))].join('\n')
  },

  /** That a dependency was updated says nothing to the person who upgrades. */
  async getDependencyReleaseLine () {
    return ''
  }
}
