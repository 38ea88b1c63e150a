import { testStore } from '@skep/interface/compliance'
import { levelStore } from '@skep/store-level'
import { expect, test } from 'vitest'

const places = new WeakMap<object, string>()
let count = 0

testStore({
  test,
  async make () {
    const place = `compliance-${Date.now()}-${count++}`
    const store = await levelStore(place)
    places.set(store, place)
    return store
  },
  async reopen (store) {
    await store.close()
    return levelStore(places.get(store)!)
  }
})

test('a closed store in a browser says so', async () => {
  const store = await levelStore(`closed-${Date.now()}`)
  await store.close()
  await expect(store.get(Uint8Array.of(1))).rejects.toMatchObject({ name: 'LevelStoreError', code: 'STORE_CLOSED' })
})
