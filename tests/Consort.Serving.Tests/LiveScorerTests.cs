using System.Collections.Concurrent;
using System.Diagnostics;

namespace Consort.Serving.Tests;

[Collection(AloneCollection.Name)]
public sealed class LiveScorerTests(ServingData data)
{
    [Fact]
    public void Swap_UnderLoad_FailsNoCallAndAnswersByOnePackage()
    {
        using var first = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8] }"), seed: 3);
        using var second = new TrainedFamily(data, TrainedFamily.Of("DNN", "{ hidden_units: [20, 8] }"), seed: 4);
        using var live = new LiveScorer(first.Scorer(first.Content()));
        var values = data.Values(live.Current, 7);
        var probabilities = new List<float> { live.Current.Score(values) };
        using (var other = second.Scorer(second.Content()))
            probabilities.Add(other.Score(values));
        Assert.NotEqual(probabilities[0], probabilities[1]);

        var (calls, stop, failures) = (new int[4], false, new ConcurrentQueue<Exception>());
        var threads = Enumerable.Range(0, calls.Length).Select(t => new Thread(() => Call(t))).ToList();
        threads.ForEach(t => t.Start());
        var clock = Stopwatch.StartNew();
        for (var swap = 0; (swap < 60 || calls.Min() < 100) && failures.IsEmpty; swap++)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(5), "the threads do not run");
            var family = swap % 2 == 0 ? second : first;
            live.Swap(family.Scorer(family.Content()));
            Thread.Yield();
        }

        Volatile.Write(ref stop, true);
        threads.ForEach(t => t.Join());
        Assert.Empty(failures);

        void Call(int thread)
        {
            try
            {
                for (; !Volatile.Read(ref stop); calls[thread]++)
                {
                    if (thread % 2 == 0)
                    {
                        Assert.Contains(live.Score(values), probabilities);
                        continue;
                    }

                    using var lease = live.Lease();
                    var impression = lease.Scorer.NewImpression();
                    var expected = lease.Scorer.Score(impression);
                    Thread.Yield();
                    Assert.Equal(expected, lease.Scorer.Score(impression));
                }
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
            }
        }
    }

    [Fact]
    public void Swap_WhileALeaseIsHeld_FreesTheOldOneAfterIt()
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of("LR", "{}"));
        using var live = new LiveScorer(family.Scorer(family.Content()));
        var old = live.Current;
        var lease = live.Lease();
        live.Swap(family.Scorer(family.Content()));
        var impression = lease.Scorer.NewImpression();
        Assert.Equal(old.Score(impression), lease.Scorer.Score(impression));
        Assert.Single(lease.Scorer.ForCandidates("site").Fields); // also what was not made before
        lease.Dispose();
        Assert.Throws<ObjectDisposedException>(() => old.Score(impression));
        Assert.NotSame(old, live.Current);
    }

    [Fact]
    public void Swap_TheScorerOfNowOrADeadOne_LeavesItInPlace()
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of("LR", "{}"));
        using var live = new LiveScorer(family.Scorer(family.Content()));
        var old = live.Current;
        var dead = family.Scorer(family.Content());
        dead.Dispose();
        live.Swap(old);
        Assert.Throws<ObjectDisposedException>(() => live.Swap(dead));
        Assert.Same(old, live.Current);
        live.Score(data.Values(old, 0));
    }

    [Fact]
    public void Swap_ADamagedPackage_KeepsTheOldOne()
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of("LR", "{}"));
        using var live = new LiveScorer(family.Scorer(family.Content()));
        var damaged = data.NewFile("damaged.consort");
        File.WriteAllText(damaged, "nothing of the kind");
        var old = live.Current;
        Assert.Throws<ConsortException>(() => live.Swap(damaged));
        Assert.Same(old, live.Current);
        live.Score(data.Values(old, 0));
    }
}
