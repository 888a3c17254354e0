using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.Threads;

public sealed class WorkersTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 100)]
    [InlineData(2, 1)]
    [InlineData(2, 1000)]
    [InlineData(5, 3)]
    [InlineData(7, 1001)]
    public void Run_AnyThreadsAndCount_RunsEveryIndexOnce(int threads, int count)
    {
        using var workers = new Workers(threads);
        var job = new Job { Seen = new int[count] };
        for (var i = 0; i < 20; i++) workers.Run(job, count);
        Assert.All(job.Seen, times => Assert.Equal(20, times));
    }

    [Fact]
    public void Clock_JobsOfSomePieces_ShareOutToAsMany()
    {
        using var workers = new Workers(1);
        var clock = workers.Clock = new WorkClock();
        workers.Run(new Job { Seen = new int[1] }, 1); // shared with nobody
        Assert.Equal(0, clock.Shared);
        workers.Run(new Slow(), 5);
        Assert.True(clock.Shared > 0);
        Assert.Equal(clock.Shared, clock.SharedAt(1), 1e-6 * clock.Shared);
        Assert.Equal(clock.Shared / 2.0, clock.SharedAt(2), 1e-6 * clock.Shared);
        Assert.Equal(clock.Shared / 5.0, clock.SharedAt(64), 1e-6 * clock.Shared);
        clock.Clear();
        Assert.Equal(0, clock.SharedAt(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Clock_SharedJobs_KnowsHowBusyEachWorkerWas(int threads)
    {
        using var workers = new Workers(threads);
        var clock = workers.Clock = new WorkClock();
        var seen = new int[threads];
        for (var i = 0; i < 50; i++)
            workers.Run(new Job { Seen = new int[64], Body = (_, worker) => { Thread.SpinWait(200); seen[worker]++; } }, 64);

        for (var worker = 0; worker < threads; worker++)
        {
            Assert.Equal(seen[worker] > 0, clock.BusyOf(worker) > 0);
            Assert.InRange(clock.BusyOf(worker), 0, clock.Shared);
        }

        Assert.Equal(0, clock.BusyOf(threads));
        clock.Clear();
        Assert.Equal(0, clock.BusyOf(0));
    }

    private sealed class Slow : IParallelJob
    {
        public void Run(int index, int worker) => Thread.SpinWait(1000);
    }

    [Fact]
    public void Run_ManySmallRuns_NoneIsLost()
    {
        using var workers = new Workers(4);
        var job = new Job { Seen = new int[3] };
        for (var i = 0; i < 20_000; i++)
        {
            workers.Run(job, 3);
            Assert.Equal((i + 1) * 3, job.Seen.Sum());
        }
    }

    [Fact]
    public void Run_AfterThreadsFellAsleep_WakesThem()
    {
        using var workers = new Workers(3);
        var job = new Job { Seen = new int[64] };
        for (var i = 0; i < 10; i++)
        {
            Thread.Sleep(5);
            workers.Run(job, 64);
        }
        Assert.All(job.Seen, times => Assert.Equal(10, times));
    }

    [Fact]
    public void Run_TwoPiecesThatNeedEachOther_RunAtTheSameTime()
    {
        using var workers = new Workers(2);
        using var meeting = new Barrier(2);
        var job = new Job { Seen = new int[2], Body = (_, _) => Assert.True(meeting.SignalAndWait(TimeSpan.FromSeconds(30))) };
        workers.Run(job, 2);
        Thread.Sleep(20); // now the other thread sleeps
        workers.Run(job, 2);
        Assert.All(job.Seen, times => Assert.Equal(2, times));
    }

    [Fact]
    public void Run_WorkerNumbers_AreWithinThreadsAndNeverSharedAtOneTime()
    {
        using var workers = new Workers(4);
        var busy = new int[4];
        var job = new Job
        {
            Seen = new int[2000],
            Body = (_, worker) =>
            {
                Assert.Equal(1, Interlocked.Increment(ref busy[worker]));
                Thread.SpinWait(20);
                Interlocked.Decrement(ref busy[worker]);
            },
        };
        workers.Run(job, 2000);
        Assert.All(job.Seen, times => Assert.Equal(1, times));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Run_JobThrows_CallerGetsItAfterAllStoppedAndWorkersStayUsable(int threads)
    {
        using var workers = new Workers(threads);
        var running = 0;
        var job = new Job { Seen = new int[1000] };
        job.Body = (index, _) =>
        {
            Interlocked.Increment(ref running);
            try
            {
                if (index == 17) throw new InvalidDataException("seventeen");
                Thread.SpinWait(100);
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        };
        for (var i = 0; i < 50; i++)
        {
            var thrown = Assert.Throws<InvalidDataException>(() => workers.Run(job, 1000));
            Assert.Equal("seventeen", thrown.Message);
            Assert.Equal(0, Volatile.Read(ref running));
        }
        var sound = new Job { Seen = new int[100] };
        workers.Run(sound, 100);
        Assert.All(sound.Seen, times => Assert.Equal(1, times));
    }

    [Fact]
    public void Run_EveryPieceThrows_OneExceptionReachesTheCaller()
    {
        using var workers = new Workers(4);
        var job = new Job { Seen = new int[8], Body = (_, _) => throw new InvalidDataException() };
        for (var i = 0; i < 200; i++) Assert.Throws<InvalidDataException>(() => workers.Run(job, 8));
    }

    [Fact]
    public void Run_FromInsideAJob_RunsInlineAsTheSameWorker()
    {
        using var workers = new Workers(3);
        var outer = new Job { Seen = new int[50] };
        var inner = 0;
        outer.Body = (_, worker) =>
        {
            var thread = Environment.CurrentManagedThreadId;
            workers.Run(new Job
            {
                Seen = new int[10],
                Body = (_, innerWorker) =>
                {
                    Assert.Equal(worker, innerWorker);
                    Assert.Equal(thread, Environment.CurrentManagedThreadId);
                    Interlocked.Increment(ref inner);
                },
            }, 10);
        };
        workers.Run(outer, 50);
        Assert.Equal(500, inner);
    }

    [Fact]
    public void Run_FromSeveralOutsideThreads_TakeTurns()
    {
        using var workers = new Workers(3);
        var jobs = Enumerable.Range(0, 4).Select(_ => new Job { Seen = new int[200] }).ToArray();
        var threads = jobs.Select(job => new Thread(() =>
        {
            for (var i = 0; i < 50; i++) workers.Run(job, 200);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.All(jobs, job => Assert.All(job.Seen, times => Assert.Equal(50, times)));
    }

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using var workers = new Workers(2);
        var job = new Job { Seen = new int[100] };
        for (var i = 0; i < 100; i++) workers.Run(job, 100);
        Thread.Sleep(20);
        workers.Run(job, 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) workers.Run(job, 100);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Dispose_Twice_StopsThreadsAndRefusesWork()
    {
        var workers = new Workers(4);
        workers.Run(new Job { Seen = new int[10] }, 10);
        workers.Dispose();
        workers.Dispose();
        Assert.Throws<ObjectDisposedException>(() => workers.Run(new Job { Seen = new int[1] }, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void Constructor_ThreadsOutOfRange_Throws(int threads) => Assert.Throws<ArgumentOutOfRangeException>(() => new Workers(threads));

    private sealed class Job : IParallelJob
    {
        public required int[] Seen { get; init; }

        public Action<int, int>? Body { get; set; }

        public void Run(int index, int worker)
        {
            Body?.Invoke(index, worker);
            Interlocked.Increment(ref Seen[index]);
        }
    }
}
