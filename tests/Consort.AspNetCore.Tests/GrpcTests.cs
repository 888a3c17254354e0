using System.Buffers.Binary;
using System.Text;
using Consort.AspNetCore.Grpc.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1Alpha;
using InputTensor = Consort.AspNetCore.Grpc.Protocol.ModelInferRequest.Types.InferInputTensor;

namespace Consort.AspNetCore.Tests;

[Collection(ServerCollection.Name)]
public sealed class GrpcTests(ServerFixture fixture)
{
    private const float Tolerance = 1e-6f;
    private const string Infer = GrpcCall.Service + "ModelInfer";

    [Fact]
    public async Task Infer_TypedContents_GiveTheScorersProbabilities()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var request = Request(fixture.Raw.Count);
        request.Id = "7";
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probability" });
        var answer = await client.Call("ModelInfer", request, ModelInferResponse.Parser);
        Near([.. answer.Outputs[0].Contents.Fp32Contents]);
        Assert.Equal(("clicks", "1", "7", "FP32"), (answer.ModelName, answer.ModelVersion, answer.Id, answer.Outputs[0].Datatype));
        Assert.Equal([fixture.Raw.Count], answer.Outputs[0].Shape);
    }

    [Fact]
    public async Task Infer_RawContents_AreAnsweredRaw()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var request = Request(fixture.Raw.Count, raw: true);
        var answer = await client.Call("ModelInfer", request, ModelInferResponse.Parser);
        var bytes = answer.RawOutputContents[0].ToByteArray();
        Near([.. Enumerable.Range(0, bytes.Length / 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i)))]);
    }

    [Theory]
    [InlineData("classification")]
    [InlineData("shared_memory_region")]
    public async Task Infer_ExtensionsThatAreNotSpoken_AreRefusedByName(string name)
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var parameter = new InferParameter { Int64Param = 3 };
        var (onAll, onInput, onOutput) = (Request(1), Request(1), Request(1));
        onAll.Parameters.Add(name, parameter);
        onInput.Inputs[0].Parameters.Add(name, parameter);
        onOutput.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor
        {
            Name = "probability",
            Parameters = { [name] = parameter }
        });
        foreach (var request in new[] { onAll, onInput, onOutput })
        {
            var (status, message, _) = await client.Send(Infer, GrpcCall.Frame(request.ToByteArray()));
            Assert.Equal(StatusCode.InvalidArgument, status);
            Assert.EndsWith($"found \"{name}\", an extension that this server does not speak", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Infer_Numbers_MeanWhatTheyWouldInARow(bool raw)
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var expected = TestServer.Probabilities(await server.Post("/v1/score",
            """{"rows": [{"price": 12.5, "share": 0.1, "visits": 7, "age": 40}, {"visits": -2, "share": 0.7, "age": 3}]}"""));
        var request = new ModelInferRequest { ModelName = "clicks" };
        Add("price", "FP32", new() { Fp32Contents = { 12.5f, float.NaN } },
            [.. BitConverter.GetBytes(12.5f), .. BitConverter.GetBytes(float.NaN)]);
        Add("share", "FP64", new() { Fp64Contents = { 0.1, 0.7 } }, [.. BitConverter.GetBytes(0.1), .. BitConverter.GetBytes(0.7)]);
        Add("visits", "INT64", new() { Int64Contents = { 7, -2 } }, [.. BitConverter.GetBytes(7L), .. BitConverter.GetBytes(-2L)]);
        Add("age", "UINT8", new() { UintContents = { 40, 3 } }, [40, 3]);
        var answer = await client.Call("ModelInfer", request, ModelInferResponse.Parser);
        var found = raw ? [.. Enumerable.Range(0, 2)
            .Select(i => BitConverter.ToSingle(
                answer.RawOutputContents[0].Span[(4 * i)..]))] : answer.Outputs[0].Contents.Fp32Contents.ToArray();
        Assert.Equal(expected[0], found[0], Tolerance);
        Assert.Equal(expected[1], found[1], Tolerance);

        void Add(string name, string type, InferTensorContents contents, byte[] bytes)
        {
            request.Inputs.Add(new InputTensor { Name = name, Datatype = type, Shape = { 2 }, Contents = raw ? null : contents });
            if (raw)
                request.RawInputContents.Add(ByteString.CopyFrom(bytes));
        }
    }

    [Fact]
    public async Task Server_HealthAndMetadata_FollowTheProtocol()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        Assert.True((await client.Call("ServerLive", new ServerLiveRequest(), ServerLiveResponse.Parser)).Live);
        Assert.True((await client.Call("ServerReady", new ServerReadyRequest(), ServerReadyResponse.Parser)).Ready);
        Assert.True((await client.Call("ModelReady", new ModelReadyRequest { Name = "clicks", Version = "1" },
            ModelReadyResponse.Parser)).Ready);
        Assert.Equal("consort", (await client.Call("ServerMetadata", new ServerMetadataRequest(), ServerMetadataResponse.Parser)).Name);
        var model = await client.Call("ModelMetadata", new ModelMetadataRequest { Name = "clicks" }, ModelMetadataResponse.Parser);
        Assert.Equal(fixture.FirstScorer.Fields, model.Inputs.Select(i => i.Name));
        Assert.Equal(["1"], model.Versions);
        var (status, _, health) = await client.Send(GrpcCall.Health + "Check", GrpcCall.Frame([]));
        Assert.Equal(StatusCode.OK, status);
        Assert.Equal(new byte[] { 8, 1 }, health);
    }

    [Fact]
    public async Task Reflection_OfTheServer_NamesItsServicesAndTheirMethods()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        const string Path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
        var (status, message, answer) =
            await client.Send(Path, GrpcCall.Frame(new ServerReflectionRequest { ListServices = "" }.ToByteArray()));
        Assert.True(status == StatusCode.OK, message);
        Assert.Contains("inference.GRPCInferenceService",
            ServerReflectionResponse.Parser.ParseFrom(answer).ListServicesResponse.Service.Select(s => s.Name));
        (status, message, answer) = await client.Send(
            Path, GrpcCall.Frame(new ServerReflectionRequest { FileContainingSymbol = "inference.GRPCInferenceService" }.ToByteArray()));
        Assert.True(status == StatusCode.OK, message);
        var file = FileDescriptorProto.Parser.ParseFrom(
            ServerReflectionResponse.Parser.ParseFrom(answer).FileDescriptorResponse.FileDescriptorProto[0]);
        Assert.Equal(["ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer"],
            file.Service[0].Method.Select(m => m.Name));
    }

    [Fact]
    public async Task HealthWatch_WhateverTheClientSays_EndsWithTheTimeOfARequest()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { Timeout = TimeSpan.FromSeconds(1) });
        using var client = new GrpcCall(server.Grpc);
        var (status, message, _) = await client.Send(GrpcCall.Health + "Watch", GrpcCall.Frame([]), ("grpc-timeout", "1H"));
        Assert.True(status == StatusCode.DeadlineExceeded, message);
    }

    [Fact]
    public async Task Infer_ACall_AllocatesWhatTheLibraryAndTheMessagesTake()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var frame = GrpcCall.Frame(Request(12, raw: true).ToByteArray());
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetTotalAllocatedBytes();
            for (var i = 0; i < 100; i++)
                Assert.Equal(StatusCode.OK, (await client.Send(Infer, frame)).Status);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes() - before) / 100);
        }

        Assert.True(least < 64 << 10, $"{least} bytes a call"); // the client's own included
    }

    [Fact]
    public async Task Call_Mistakes_AreAnsweredWithTheirStatus()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { MaxBodyBytes = 10_000, MaxRows = 50 });
        using var client = new GrpcCall(server.Grpc);
        await Expect(StatusCode.NotFound, "nobody", GrpcCall.Frame(With(r => r.ModelName = "nobody")));
        await Expect(StatusCode.NotFound, "version", GrpcCall.Frame(With(r => r.ModelVersion = "99")));
        await Expect(StatusCode.InvalidArgument, "did you mean price?", GrpcCall.Frame(With(r => r.Inputs[0].Name = "prise")));
        await Expect(StatusCode.InvalidArgument, "FP23", GrpcCall.Frame(With(r => r.Inputs[0].Datatype = "FP23")));
        await Expect(StatusCode.InvalidArgument, "shape", GrpcCall.Frame(With(r => r.Inputs[0].Shape.Add(3))));
        await Expect(StatusCode.InvalidArgument, "shape", GrpcCall.Frame(With(r => r.Inputs[0].Shape[0] = -5)));
        await Expect(StatusCode.InvalidArgument, "2 values", GrpcCall.Frame(With(r => r.Inputs[0].Shape[0] = 3)));
        await Expect(StatusCode.InvalidArgument, "twice", GrpcCall.Frame(With(r => r.Inputs[1] = r.Inputs[0])));
        await Expect(StatusCode.InvalidArgument, "output",
            GrpcCall.Frame(With(r => r.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "logit" }))));
        await Expect(StatusCode.InvalidArgument, "input price[0]",
            GrpcCall.Frame(With(r => r.Inputs.Single(i => i.Name == "price").Contents.BytesContents[0] = ByteString.CopyFromUtf8("äbc"))));
        await Expect(StatusCode.InvalidArgument, "raw", GrpcCall.Frame(With(r => r.RawInputContents.Add(ByteString.Empty))));
        await Expect(StatusCode.InvalidArgument, "no inputs", GrpcCall.Frame(With(r => r.Inputs.Clear())));
        await Expect(StatusCode.ResourceExhausted, "50 impressions", GrpcCall.Frame(With(r =>
        {
            foreach (var input in r.Inputs)
                input.Shape[0] = 1_000_000_000;
            r.RawInputContents.AddRange(r.Inputs.Select(_ => ByteString.Empty));
            foreach (var input in r.Inputs)
                input.Contents = null;
        })));
        await Expect(StatusCode.ResourceExhausted, "10005 bytes", GrpcCall.Frame(new byte[20_000]));
        await Expect(StatusCode.InvalidArgument, "one message", [0, 0, 0, 0]);
        await Expect(StatusCode.InvalidArgument, "one message", [0, 255, 255, 255, 255, 1]);
        await Expect(StatusCode.InvalidArgument, "", GrpcCall.Frame([0xFF, 0xFF, 0xFF]));
        await Expect(StatusCode.Unimplemented, "expected gzip or deflate", GrpcCall.Frame(With(_ => { }), flag: 1));
        await Expect(StatusCode.Unimplemented, "\"snappy\"", GrpcCall.Frame(With(_ => { }), flag: 1), Infer, ("grpc-encoding", "snappy"));
        await Expect(StatusCode.InvalidArgument, "compressed", GrpcCall.Frame(With(_ => { }), flag: 1), Infer, ("grpc-encoding", "gzip"));
        var bomb = GrpcCall.Frame(GrpcCall.Packed(new byte[1 << 20], "gzip"), flag: 1);
        Assert.True(bomb.Length < 10_000);
        await Expect(StatusCode.ResourceExhausted, "10005 bytes", bomb, Infer, ("grpc-encoding", "gzip"));
        await Expect(StatusCode.Unimplemented, "ModelStreamInfer", GrpcCall.Frame([]), GrpcCall.Service + "ModelStreamInfer");
        await Expect(StatusCode.DeadlineExceeded, "", GrpcCall.Frame(With(_ => { })), Infer, ("grpc-timeout", "1u"));
        Assert.Equal(StatusCode.OK, (await client.Send(Infer, GrpcCall.Frame(With(_ => { })), ("grpc-timeout", "1H"))).Status);

        byte[] With(Action<ModelInferRequest> change)
        {
            var request = Request(2);
            change(request);
            return request.ToByteArray();
        }

        async Task Expect(StatusCode expected, string part, byte[] body, string path = Infer, params (string, string)[] headers)
        {
            var (status, message, _) = await client.Send(path, body, headers);
            Assert.True(expected == status, $"{status}: {message}, expected {expected}");
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x2A, 0 })] // inputs
    [InlineData(new byte[] { 0x32, 0 })] // outputs
    [InlineData(new byte[] { 0x22, 0 })] // parameters
    [InlineData(new byte[] { 0x2A, 2, 0x22, 0 })] // parameters of inputs
    [InlineData(new byte[] { 0x3A, 0 })] // raw contents
    public async Task Infer_OfManyEmptyParts_IsRefusedBeforeItFillsTheMemory(byte[] part)
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var before = GC.GetTotalAllocatedBytes();
        var (status, message, _) = await client.Send(
            Infer, GrpcCall.Frame([.. Enumerable.Repeat(part, 1_800_000 / part.Length).SelectMany(p => p)]));
        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.Contains("found more than", message, StringComparison.Ordinal);
        var allocated = GC.GetTotalAllocatedBytes() - before;
        Assert.True(allocated < 30 << 20, $"{allocated} bytes"); // the client's own body included
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_ACompressedMessage_IsAnsweredAsIfItWereNot(string encoding)
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var message = Request(fixture.Raw.Count).ToByteArray();
        var packed = GrpcCall.Packed(message, encoding);
        Assert.True(packed.Length < message.Length / 2);
        var (status, mistake, answer) = await client.Send(Infer, GrpcCall.Frame(packed, flag: 1), ("grpc-encoding", encoding));
        Assert.True(status == StatusCode.OK, mistake);
        Near([.. ModelInferResponse.Parser.ParseFrom(answer).Outputs[0].Contents.Fp32Contents]);
        Assert.Equal(0, server.Server.Gate.Memory.Held);
    }

    [Fact]
    public async Task Infer_FieldsOfOtherNumbers_AreNotKept()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        byte[] unknown = [0xF8, 0x07, 1, 0xFA, 0x0F, 1, 65]; // 127: 1, 255: "A"
        var (status, message, _) = await client.Send(Infer, GrpcCall.Frame([.. Request(2).ToByteArray(), .. unknown]));
        Assert.True(status == StatusCode.OK, message);
    }

    [Fact]
    public async Task Infer_RawContentsOfAnyBytes_NeverBreakTheServer()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var random = new Random(5);
        var good = Request(3, raw: true).ToByteArray();
        for (var i = 0; i < 300; i++)
        {
            var bytes = good.ToArray();
            for (var flips = random.Next(1, 6); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var (status, message, _) = await client.Send(Infer, GrpcCall.Frame(i % 5 == 0 ? bytes[..random.Next(bytes.Length)] : bytes));
            Assert.True(status is StatusCode.OK or StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.ResourceExhausted,
                $"{status}: {message}");
        }

        await client.Call("ModelInfer", Request(3, raw: true), ModelInferResponse.Parser);
        Assert.DoesNotContain("internal error", server.Log.ToString(), StringComparison.Ordinal);
    }

    private ModelInferRequest Request(int rows, bool raw = false)
    {
        var request = new ModelInferRequest { ModelName = "clicks" };
        foreach (var field in fixture.FirstScorer.Fields)
        {
            var tensor = new InputTensor { Name = field, Datatype = "BYTES", Shape = { rows } };
            request.Inputs.Add(tensor);
            var values = Enumerable.Range(0, rows).Select(r => Encoding.UTF8.GetBytes(fixture.Raw[r][field])).ToArray();
            if (raw)
                request.RawInputContents.Add(ByteString.CopyFrom([.. values.SelectMany(v => BitConverter.GetBytes(v.Length).Concat(v))]));
            else
                tensor.Contents = new InferTensorContents { BytesContents = { values.Select(v => ByteString.CopyFrom(v)) } };
        }

        return request;
    }

    private void Near(float[] found)
    {
        Assert.Equal(fixture.Raw.Count, found.Length);
        for (var row = 0; row < found.Length; row++)
            Assert.Equal(fixture.Score(row), found[row], Tolerance);
    }
}
