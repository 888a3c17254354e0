using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Consort.Benchmarks.Hostile;

/// <summary>What is attacked, and for how long.</summary>
internal sealed record AttackTarget(Uri Http, Uri Grpc, string File, string Key, TimeSpan Time)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public bool IsOver => Stopwatch.GetElapsedTime(_start) >= Time;

    public Socket Connect(bool grpc = false)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 1000, SendTimeout = 1000 };
        socket.Connect(IPAddress.Loopback, (grpc ? Grpc : Http).Port);
        return socket;
    }
}

/// <summary>The attacks by name. Each runs for its time and says what it did.</summary>
internal static class HostileAttacks
{
    private const int SlowBodies = 200, Idle = 10_000, Calls = 16, Message = (2 << 20) - 100, Threads = 4;

    public static IReadOnlyDictionary<string, Func<AttackTarget, string>> All { get; } = new Dictionary<string, Func<AttackTarget, string>>
    {
        ["slow-bodies"] = SlowBody,
        ["idle"] = IdleConnections,
        ["idle-held"] = IdleConnections,
        ["grpc-group"] = Group,
        ["garbage"] = Garbage,
        ["cp"] = CopyOver,
        ["reloads"] = Reloads,
    };

    // Bodies that come a byte a second; whoever is cut off begins again.
    private static string SlowBody(AttackTarget target)
    {
        long begun = 0;
        Side(SlowBodies, () =>
        {
            Interlocked.Increment(ref begun);
            using var socket = target.Connect();
            socket.Send("POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"rows\": ["u8);
            while (!target.IsOver)
            {
                Thread.Sleep(1000);
                socket.Send(" "u8);
                if (socket.Poll(0, SelectMode.SelectRead)) return;
            }
        }, target);
        return string.Create(CultureInfo.InvariantCulture, $"{SlowBodies} bodies of a byte a second at a time, {begun} begun");
    }

    private static string IdleConnections(AttackTarget target)
    {
        var sockets = new List<Socket>();
        var refused = 0;
        while (sockets.Count + refused < Idle && !target.IsOver)
        {
            try
            {
                sockets.Add(target.Connect());
            }
            catch (SocketException)
            {
                refused++;
            }
        }
        while (!target.IsOver) Thread.Sleep(50);
        var open = sockets.Count(s => !s.Poll(0, SelectMode.SelectRead));
        foreach (var socket in sockets) socket.Dispose();
        return string.Create(CultureInfo.InvariantCulture,
            $"{sockets.Count} connections opened that ask nothing, {refused} refused, {open} open at the end");
    }

    // An unknown group before a million empty tensors, in as many calls at a time as may be.
    private static string Group(AttackTarget target)
    {
        var body = new byte[Message];
        body[0] = 0;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), Message - 5);
        byte[] head = [0x0A, 5, .. "bench"u8, 0xA3, 0x06, 0xA4, 0x06];
        head.CopyTo(body, 5);
        var at = 5 + head.Length;
        for (; at + 2 <= body.Length; at += 2) body[at] = 0x2A;
        if (at < body.Length) Array.Resize(ref body, at);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), body.Length - 5);
        using var client = new HttpClient(new SocketsHttpHandler { EnableMultipleHttp2Connections = true })
        {
            Timeout =
            TimeSpan.FromSeconds(30)
        };
        var path = new UriBuilder(target.Grpc) { Scheme = "http", Path = "/inference.GRPCInferenceService/ModelInfer" }.Uri;
        long calls = 0, refused = 0;
        Side(Calls, () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(body)
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            Interlocked.Increment(ref calls);
            // There is no other way over HTTP/2.
            using var response = client.SendAsync(request).GetAwaiter().GetResult();
            if (response.TrailingHeaders.TryGetValues("grpc-status", out var status) && status.Single() == "3")
                Interlocked.Increment(ref refused);
        }, target);
        return string.Create(CultureInfo.InvariantCulture,
            $"{calls} calls of {body.Length / 1048576.0:F1} MB, {Calls} at a time, {refused} refused as too many inputs");
    }

    // Noise, and requests with a few bytes changed, as fast as they can be sent.
    private static string Garbage(AttackTarget target)
    {
        long sent = 0, bytes = 0;
        var seed = 0;
        var good = Encoding.ASCII.GetBytes(
            "POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{\"rows\": [{\"C1\": \"a\", \"C2\": null}, [1]]}");
        Side(Threads, () =>
        {
            var random = new Random(Interlocked.Increment(ref seed));
            var noise = random.Next(3) == 0 ? new byte[random.Next(1, 4096)] : [.. good];
            if (noise.Length != good.Length) random.NextBytes(noise);
            else for (var i = random.Next(1, 5); i > 0; i--) noise[random.Next(noise.Length)] = (byte)random.Next(256);
            using var socket = target.Connect(grpc: random.Next(2) == 0);
            socket.Send(noise);
            socket.Shutdown(SocketShutdown.Send);
            var answer = new byte[4096];
            while (socket.Receive(answer) > 0) { }
            Interlocked.Increment(ref sent);
            Interlocked.Add(ref bytes, noise.Length);
        }, target);
        return string.Create(CultureInfo.InvariantCulture, $"{sent} pieces of noise and damaged requests, {bytes / 1048576.0:F1} MB");
    }

    // As `cp` does it: the served file is cut to nothing and written, now and then only half.
    private static string CopyOver(AttackTarget target)
    {
        var whole = File.ReadAllBytes(target.File);
        int copies = 0, halves = 0;
        while (!target.IsOver)
        {
            var isHalf = copies % 3 == 2;
            using (var stream = new FileStream(target.File, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
                stream.Write(whole, 0, isHalf ? whole.Length / 2 : whole.Length);
            copies++;
            halves += isHalf ? 1 : 0;
            Thread.Sleep(100);
        }
        File.WriteAllBytes(target.File, whole);
        return string.Create(CultureInfo.InvariantCulture, $"{copies} copies over the served file, {halves} of them half, --watch 0.5");
    }

    private static string Reloads(AttackTarget target)
    {
        var whole = File.ReadAllBytes(target.File);
        using var client = new HttpClient { BaseAddress = target.Http };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", target.Key);
        long asked = 0, moved = 0;
        var moving = Task.Run(() =>
        {
            while (!target.IsOver)
            {
                File.WriteAllBytes(target.File + ".next", whole);
                File.Move(target.File + ".next", target.File, overwrite: true);
                moved++;
                Thread.Sleep(200);
            }
        });
        Side(2 * Threads, () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/models/bench/versions")
            { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
            using var response = client.Send(request);
            if (response.IsSuccessStatusCode) Interlocked.Increment(ref asked);
        }, target);
        moving.Wait();
        return string.Create(CultureInfo.InvariantCulture, $"{asked} reloads asked for and answered, {moved} packages moved into place");
    }

    // Does something again and again on so many threads; to be cut off is what is to be expected.
    private static void Side(int threads, Action act, AttackTarget target)
    {
        Thread[] all = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            while (!target.IsOver)
            {
                try
                {
                    act();
                }
                catch (Exception e) when (e is SocketException or HttpRequestException or IOException or OperationCanceledException)
                {
                    Thread.Sleep(1);
                }
            }
        }, maxStackSize: 256 << 10) { IsBackground = true })];
        foreach (var thread in all) thread.Start();
        foreach (var thread in all) thread.Join();
    }
}
